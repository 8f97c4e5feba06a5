// What a seal covers, as one string. Protocol section 4.
// Hop-Signals below the sealing one; the fields of a fixed list; Authentication-Results below it whose authserv-id is its
// `by`: of each name all instances the mail has, top to bottom, relaxed and without white space, each ended by CRLF. Then the
// Hop-Signal itself, likewise, its `b` empty. An instance added or removed changes the string; as every line begins with its name, no two
// mails give the same one. Later hops add Hop-Signals and Authentication-Results above without breaking it.
import { parseAuthenticationResults } from "../authres/parse.ts";
import { relaxedField } from "../header/canonical.ts";
import type { HeaderField } from "../header/field.ts";
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

/** One field a seal may cover. */
interface SealEntry {
  readonly position: number;
  /** As it is sealed. */
  readonly line: string;
  /** Of Authentication-Results, lower case; else "". */
  readonly authservId: string;
}

/** The fields of one header a seal may cover, by lower-case name, made once for all its Hop-Signals. */
export type SealIndex = ReadonlyMap<string, readonly SealEntry[]>;

const names: ReadonlySet<string> = new Set([...sealedFields, "authentication-results", "hop-signal"]);

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

/** Makes each field a seal may cover ready for it. */
export function indexSealed(fields: readonly HeaderField[]): SealIndex {
  const index = new Map<string, SealEntry[]>();
  for (let position = 0; position < fields.length; position += 1) {
    const field = fields[position];
    const name = field?.name.trimEnd().toLowerCase() ?? "";
    if (field === undefined || !names.has(name)) {
      continue;
    }
    const authservId = name === "authentication-results" ? authservIdOf(relaxedField(name, field.value)) : "";
    const entry = { position, line: sealedLine(name, field.value), authservId };
    const entries = index.get(name);
    if (entries === undefined) {
      index.set(name, [entry]);
    } else {
      entries.push(entry);
    }
  }
  return index;
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
  for (const entry of index.get("hop-signal") ?? []) {
    if (entry.position > position) {
      data += `${entry.line}\r\n`;
    }
  }
  for (const name of sealedFields) {
    for (const entry of index.get(name) ?? []) {
      data += `${entry.line}\r\n`;
    }
  }
  for (const entry of index.get("authentication-results") ?? []) {
    if (entry.position > position && entry.authservId === authservId) {
      data += `${entry.line}\r\n`;
    }
  }
  return data + sealedLine(hopSignalField.toLowerCase(), value);
}
