// Content-Transfer-Encodings, written: quoted-printable and base64. RFC 2045 sections 6.7 and 6.8. Byte strings in and out.
// Both keep every octet: what is decoded is what was there, line ends that are none (a CR or LF alone) included.

/** RFC 2045 sections 6.7 (5) and 6.8: no encoded line is longer, its CRLF not counted. */
const lineCharacters = 76;

function hex(octet: string): string {
  return `=${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Octets that quoted-printable has to escape anywhere in a line; CRLF is its line end. */
const escaped = /[^\t\r\n\x20-\x3c\x3e-\x7e]|\r(?!\n)|(?<!\r)\n/g;
/** The same within a line, where "=" is an escape's already. */
const escapedButEquals = /[^\t\x20-\x7e]/g;

/** How many octets of a text quoted-printable has to escape. */
export function escapesOf(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7e || unit === 0x3d) count += 1;
  }
  return count;
}

/**
 * A line's beginning that something on the way would change: "From " of mbox files, the dot that ends a mail (RFC 2049
 * section 3), and where we have broken a line what could be taken for a delimiter.
 */
function safeStart(line: string, broken: boolean): string {
  const first = line.charAt(0);
  const unsafe = line.startsWith("From ") || line === "." || (broken && first === "-");
  return unsafe ? hex(first) + line.slice(1) : line;
}

/** Where to break a line that is too long, never within an escape. */
function breakAt(line: string): number {
  const most = lineCharacters - 1;
  if (line.charAt(most - 1) === "=") return most - 1;
  return line.charAt(most - 2) === "=" ? most - 2 : most;
}

function wrapLine(line: string): string {
  const trailing = /[ \t]$/.exec(line)?.[0];
  let rest = safeStart(trailing === undefined ? line : line.slice(0, -1) + hex(trailing), false);
  if (rest.length <= lineCharacters) return rest;
  const lines: string[] = [];
  while (rest.length > lineCharacters) {
    const at = breakAt(rest);
    lines.push(`${rest.slice(0, at)}=`);
    rest = safeStart(rest.slice(at), true);
  }
  return [...lines, rest].join("\r\n");
}

/** Text as quoted-printable. */
export function quotedPrintable(text: string): string {
  return text.replace(escaped, hex).split("\r\n").map(wrapLine).join("\r\n");
}

/** A line without the white space at its end that decoders delete (RFC 2045 section 6.7, rule 3). */
function bareLine(line: string): string {
  let end = line.length;
  while (end > 0 && " \t".includes(line.charAt(end - 1))) end -= 1;
  return line.slice(0, end);
}

/** Quoted-printable that is not (8-bit octets, long lines, LF alone), made so: its escapes mean what they meant. */
export function repairQuotedPrintable(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => bareLine(line).replace(escapedButEquals, hex));
  return lines.map(wrapLine).join("\r\n");
}

function base64Lines(text: string): string {
  return text.match(/[^]{1,76}/g)?.join("\r\n") ?? "";
}

/** Octets as base64, in lines, without a last line end. */
export function base64(octets: string): string {
  return base64Lines(btoa(octets));
}

/** Base64 whose lines are too long or end in LF, in lines again; null where it is none. */
export function repairBase64(text: string): string | null {
  const characters = text.replace(/[ \t\r\n]+/g, "");
  return /^[A-Za-z0-9+/]*={0,2}$/.test(characters) ? base64Lines(characters) : null;
}
