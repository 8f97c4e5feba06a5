// Where the parts of a multipart body begin and end, as far as relaxed canonicalisation hides it: to a signature over the
// relaxed body (RFC 6376 section 3.4.4) an empty line and one of spaces are the same, to mail programs one ends a part's
// header and the other may not. Who holds a mail between signer and border could so turn text into header, which nobody
// is shown, and header into text. The same with spaces behind a delimiter, or inside a boundary.
// Honest mail has none of these: an empty line behind a part's header is empty (RFC 2046 section 5.1.1), and lines of
// spaces inside of its text change nothing. Known gap: a boundary given in pieces (boundary*0=).
import { stringFromBytes } from "../encoding/bytes.ts";

const lf = 0x0a;
const dash = 0x2d;

/** Multiparts, parts, and octets of one part's header that are looked at; what has more, nobody's mail, reads as hidden. */
const maxBoundaries = 100;
const maxParts = 10_000;
const maxHeader = 65_536;

/** The boundary that a Content-Type value, or a whole header, names; null: none. */
function boundaryOf(text: string): string | null {
  const found = /\bboundary[ \t]*=[ \t]*(?:"([^"]{1,200})"|([^\s";,]{1,200}))/i.exec(text);
  return found?.[1] ?? found?.[2] ?? null;
}

const isMessage = (header: string): boolean =>
  /^content-type[ \t]*:\s*message\/(?!delivery|disposition)/im.test(header);

/** Lines of the body from one position on: as they stand, without their ends. */
function lineAt(body: Uint8Array, from: number): { readonly text: string; readonly next: number } {
  const end = body.indexOf(lf, from);
  const next = end === -1 ? body.length : end + 1;
  // A header's or delimiter's line is short: what is longer is text.
  return { text: stringFromBytes(body.subarray(from, Math.min(next, from + 2_000))).replace(/\r?\n$/, ""), next };
}

/** The next line that begins with "--" at or after a line's beginning; the body's end where there is none. */
function nextDashes(body: Uint8Array, from: number): number {
  for (let at = from; at < body.length;) {
    if (body[at] === dash && body[at + 1] === dash) return at;
    const end = body.indexOf(lf, at);
    if (end === -1) break;
    at = end + 1;
  }
  return body.length;
}

/**
 * Whether white space that the signature does not see decides where a part of this body begins or its header ends.
 * `contentType`: the mail's own, as it stands. One pass; nothing but multiparts and attached mails is looked at.
 */
export function hidesPartEnds(contentType: string, body: Uint8Array): boolean {
  const first = boundaryOf(contentType);
  let inHeader = isMessage(`content-type:${contentType.trimStart()}`);
  if (first === null && !inHeader) return false;
  const boundaries = new Set(first === null ? [] : [first]);
  let header = "";
  let parts = 0;
  for (let at = 0; at < body.length;) {
    if (!inHeader) at = nextDashes(body, at);
    if (at >= body.length) break;
    const { text, next } = lineAt(body, at);
    at = next;
    const delimiter = text.startsWith("--") ? text.slice(2).trimEnd() : null;
    const opens = delimiter !== null && boundaries.has(delimiter);
    const closes = delimiter !== null && delimiter.endsWith("--") && boundaries.has(delimiter.slice(0, -2));
    if (opens || closes) {
      if (text !== text.trimEnd()) return true;
      inHeader = opens;
      header = "";
      parts += 1;
    } else if (inHeader && text === "") {
      const boundary = boundaryOf(header);
      if (boundary !== null) boundaries.add(boundary);
      inHeader = isMessage(header);
      header = "";
    } else if (inHeader) {
      if (text.trim() === "") return true;
      header += `${text}\n`;
    }
    if (boundaries.size > maxBoundaries || parts > maxParts || header.length > maxHeader) return true;
  }
  return [...boundaries].some((boundary) => /[ \t]/.test(boundary));
}
