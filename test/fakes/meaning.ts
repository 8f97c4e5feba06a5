// What a raw mail means as far as a declaration or a seal covers it, worked out by regular expressions and without any
// code of shared/: an independent word on whether a mutation changed anything that counts.
import { requiredFields } from "../../shared/ipp/signed-fields.ts";

/** The rule's words, slowly: RFC 6376 sections 3.4.2 and 3.4.4. */
function relaxed(text: string): string {
  return text
    .replace(/\r?\n/g, "")
    .replace(/[ \t]+/g, " ")
    .replace(/^ | $/g, "");
}

function relaxedBody(text: string): string {
  const lines = text.split(/\r\n|\n/).map((line) => line.replace(/[ \t]+/g, " ").replace(/ $/, ""));
  while (lines.at(-1) === "") {
    lines.pop();
  }
  return lines.join("\n");
}

/** White space in base64 and lists means nothing; the tags are otherwise compared as they stand. */
function tagMeaning(value: string): string {
  return value.replace(
    /(;[ \t\r\n]*b[ \t\r\n]*=)([^;]*)/,
    (_all, name: string, seal: string) => name + seal.replace(/[ \t\r\n]+/g, ""),
  );
}

/** What a mail says, as far as a signature or a seal covers it. Two mails of one meaning are one mail. */
export interface Meaning {
  /** Covered by the declaration: fields by name in order, IPP-Signature's `b` without white space. */
  readonly declared: string;
  /** Covered by each Hop-Signal, top to bottom: itself, those below, our Authentication-Results below, the sealed fields. */
  readonly sealed: readonly string[];
  readonly body: string;
  /** Whoever takes the body's lines as they stand finds the same parts in it as whoever takes no white space at their ends. */
  readonly plainParts: boolean;
}

interface PlainField {
  readonly name: string;
  readonly value: string;
  /** A CR that ends no line, or a NUL: to some programs more than one field. */
  readonly stray: boolean;
}

/** Header and body cut at the first empty line; null where a line of the header is no field. */
function plainFields(raw: string): { readonly fields: readonly PlainField[]; readonly body: string } | null {
  const empty = /(?:^|(?<=\n))\r?\n/.exec(raw);
  const header = empty === null ? raw : raw.slice(0, empty.index);
  const fields: PlainField[] = [];
  for (const [index, line] of header.split(/(?<=\n)(?![ \t])/).entries()) {
    const found = /^([!-9;-~]+)[ \t]*:([^]*)$/.exec(line.replace(/\r?\n$/, ""));
    if (found !== null) {
      const value = found[2] ?? "";
      const stray = value.includes("\0") || value.replaceAll("\r\n", "").includes("\r");
      fields.push({ name: (found[1] ?? "").toLowerCase(), value: relaxed(value), stray });
    } else if (line !== "" && (index > 0 || !/^>?From /.test(line))) {
      return null;
    }
  }
  return { fields, body: empty === null ? "" : raw.slice(empty.index + empty[0].length) };
}

/** A multipart body's parts, with what is in them: `end` is a line as its reader takes it. */
function outline(lines: readonly string[], type: string, end: (line: string) => string): unknown {
  const boundary = /boundary="?([^";\s]+)/i.exec(type)?.[1];
  if (boundary === undefined) return lines.map((line) => line.trimEnd());
  const parts: { opened: string; lines: string[] }[] = [{ opened: "", lines: [] }];
  for (const line of lines) {
    if ([`--${boundary}`, `--${boundary}--`].includes(end(line))) parts.push({ opened: end(line), lines: [] });
    else parts.at(-1)?.lines.push(line);
  }
  return parts.map((part) => {
    if (part.opened !== `--${boundary}`) return [part.opened, outline(part.lines, "", end)];
    const empty = part.lines.findIndex((line) => end(line) === "");
    const header = part.lines.slice(0, empty === -1 ? undefined : empty).map((line) => line.trimEnd());
    return [part.opened, header, empty === -1 ? [] : outline(part.lines.slice(empty + 1), header.join(" "), end)];
  });
}

function hasPlainParts(body: string, type: string): boolean {
  const lines = body.split(/\r\n|\n/);
  const [exact, relaxed] = [(line: string) => line, (line: string) => line.replace(/[ \t]+$/, "")];
  return JSON.stringify(outline(lines, type, exact)) === JSON.stringify(outline(lines, type, relaxed));
}

/**
 * The meaning of a raw mail, worked out without any code of shared/; null where the header does not parse.
 * `authservId`: the border's. `optional`: which of the optional fields the signer signed.
 */
export function meaningOf(raw: string, authservId: string, optional: readonly string[]): Meaning | null {
  const plain = plainFields(raw);
  if (plain === null) {
    return null;
  }
  const { fields, body } = plain;
  const of = (name: string, write = (value: string) => value): string =>
    fields
      .filter((field) => field.name === name)
      .map((field) => `${name}:${write(field.value)}\n`)
      .join("");
  const ours = new RegExp(`^${authservId.replaceAll(".", "\\.")}(?=[ ;(]|$)`, "i");
  // Seals look at no white space at all.
  const bare = (text: string): string => text.replace(/[ \t]+/g, "");
  const covered = bare([...requiredFields, "ipp-signature"].map((name) => of(name)).join(""));
  const sealed = fields.flatMap((field, index) => {
    const below = fields.slice(index + 1);
    const results = below.filter(({ name, value }) => name === "authentication-results" && ours.test(value));
    const hops = below.filter(({ name }) => name === "hop-signal");
    const lines = [...results, ...hops].map(({ name, value }) => `${name}:${bare(value)}\n`);
    // White space inside a tag's name makes the field none at all.
    const readable = !/(?:^|;)[^=;]*[^=; \t][ \t]+[^=; \t][^=;]*=/.test(field.value);
    return field.name === "hop-signal" && readable
      ? [`${bare(tagMeaning(field.value))}\n${lines.join("")}${covered}`]
      : [];
  });
  const signed = [...requiredFields, ...optional].map((name) => of(name)).join("") + of("ipp-signature", tagMeaning);
  const declared = fields.some(({ stray }) => stray) ? "more than one header" : signed;
  return { declared, sealed, body: relaxedBody(body), plainParts: hasPlainParts(body, of("content-type")) };
}
