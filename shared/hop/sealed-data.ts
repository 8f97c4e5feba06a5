// What a seal covers, as one string. Protocol section 4.
// Hop-Signals below the sealing one; the fields of a fixed list; Authentication-Results below it whose authserv-id is its
// `by`: of each name all instances the mail has, top to bottom, relaxed and without white space, each ended by CRLF. Then the
// Hop-Signal itself, likewise, its `b` empty. An instance added or removed changes the string; as every line begins with its name, no two
// mails give the same one. Later hops add Hop-Signals and Authentication-Results above without breaking it.
import { parseAuthenticationResults } from "../authres/parse.ts";
import { relaxedField } from "../header/canonical.ts";
import { type HeaderField, plainName } from "../header/field.ts";
import { hopSignalField } from "./tags.ts";

/** Names sealed wherever they stand. Lower case, in the order they are sealed. */
export const sealedFields = [
  "from",
  "sender",
  "to",
  "cc",
  "reply-to",
  "subject",
  "date",
  "message-id",
  "mime-version",
  "content-type",
  "content-transfer-encoding",
  "ipp-purpose",
  "ipp-signature",
] as const;

/** A field that only seals above it cover. */
interface PlacedLine {
  readonly position: number;
  /** As it is sealed, CRLF included. */
  readonly line: string;
}

/** Of Authentication-Results, as a seal covers its own MTA's only: lower case, "" where it has none. */
interface ResultsLine extends PlacedLine {
  readonly authservId: string;
}

/** What seals cover of one header, made once for all its Hop-Signals. */
export interface SealIndex {
  /** The fields of the fixed list, one after the other. */
  readonly fixed: string;
  readonly hopSignals: readonly PlacedLine[];
  readonly results: readonly ResultsLine[];
}

const places: ReadonlyMap<string, number> = new Map(sealedFields.map((name, place) => [name, place]));
const noLines: readonly string[] = sealedFields.map(() => "");

/** Folding and white space. A CR that no LF follows is content (as in header/canonical.ts). */
const whiteSpace = /(?:[ \t\n]|\r\n)+/g;

/**
 * A field relaxed and without its white space. On the way to the mailbox Postfix breaks lines of more than 998 octets by
 * CRLF and a space (postconf(5), smtp_line_length_limit): with a long enough Subject a stranger would break the seal that
 * says his mail is not the bank's.
 */
function sealedLine(name: string, value: string): string {
  return `${name}:${value.replace(whiteSpace, "")}`;
}

/** Makes what seals cover of a header ready for them. */
export function indexSealed(fields: readonly HeaderField[]): SealIndex {
  const lines = [...noLines];
  const hopSignals: PlacedLine[] = [];
  const results: ResultsLine[] = [];
  for (let position = 0; position < fields.length; position += 1) {
    const { name: written = "", value = "" } = fields[position] ?? {};
    const name = plainName(written);
    const place = places.get(name);
    if (place !== undefined) {
      lines[place] += `${sealedLine(name, value)}\r\n`;
    } else if (name === "hop-signal") {
      hopSignals.push({ position, line: `${sealedLine(name, value)}\r\n` });
    } else if (name === "authentication-results") {
      const authservId = authservIdOf(relaxedField(name, value));
      results.push({ position, line: `${sealedLine(name, value)}\r\n`, authservId });
    }
  }
  return { fixed: lines.join(""), hopSignals, results };
}

const plainId = /^authentication-results:([A-Za-z0-9._-]+)(?=[ ;(]|$)/;

/**
 * The authserv-id of a relaxed Authentication-Results line, lower case; "" where it has none. Our own writer puts no comment
 * and no quotes around it (RFC 8601 section 2.2 lets anybody): whoever reads such a field as ours must find it sealed.
 */
export function authservIdOf(line: string): string {
  const plain = plainId.exec(line)?.[1];
  const parsed = plain === undefined ? parseAuthenticationResults(line) : null;
  return (plain ?? (parsed?.ok === true ? parsed.value.authservId : "")).toLowerCase();
}

/**
 * The sealed data of the Hop-Signal at `position` (-1: about to be put on top). `value`: its value with `b` empty.
 */
export function sealedData(index: SealIndex, position: number, by: string, value: string): string {
  const authservId = by.toLowerCase();
  let data = "";
  for (const below of index.hopSignals) {
    if (below.position > position) {
      data += below.line;
    }
  }
  data += index.fixed;
  for (const below of index.results) {
    if (below.position > position && below.authservId === authservId) {
      data += below.line;
    }
  }
  return data + sealedLine(hopSignalField.toLowerCase(), value);
}
