// Where the parts of a multipart body begin and end. RFC 2046 section 5.1.1. Byte strings in and out.

/** One part's place in its body. */
interface PartPlace {
  /** Behind the delimiter's line. */
  readonly start: number;
  /** Before the line end that belongs to the next delimiter. */
  readonly end: number;
}

/** A multipart body's parts, in order. */
export interface MultipartLayout {
  readonly parts: readonly PartPlace[];
  /** Where the first delimiter's line begins; the body's length without one. */
  readonly preambleEnd: number;
  /** Behind the last delimiter's line; null where there is none: the last part ends with the body. */
  readonly epilogueStart: number | null;
}

/** Longest boundary (RFC 2046 section 5.1.1). */
const maxBoundary = 70;

/** What stands behind "--boundary" of a delimiter's line; white space may. */
const delimiterRest = /^(--)?[ \t]*\r?\n?$/;

function lineEndBefore(body: string, at: number): number {
  if (body.charAt(at - 1) !== "\n") return at;
  return body.charAt(at - 2) === "\r" ? at - 2 : at - 1;
}

/** Looks for delimiters, until `maxParts` parts have begun and ended. Nothing is found by a boundary that can be none. */
export function layOut(body: string, boundary: string, maxParts: number): MultipartLayout {
  const parts: PartPlace[] = [];
  const dashed = `--${boundary}`;
  let preambleEnd = body.length;
  if (boundary === "" || boundary.length > maxBoundary) return { parts, preambleEnd, epilogueStart: null };
  let start = -1;
  for (let at = body.indexOf(dashed); at !== -1 && parts.length < maxParts; at = body.indexOf(dashed, at + 1)) {
    if (at > 0 && body.charAt(at - 1) !== "\n") continue;
    const lineEnd = body.indexOf("\n", at);
    const next = lineEnd === -1 ? body.length : lineEnd + 1;
    const rest = delimiterRest.exec(body.slice(at + dashed.length, Math.min(next, at + dashed.length + 1_000)));
    if (rest === null) continue;
    if (start === -1) preambleEnd = at;
    else parts.push({ start, end: Math.max(start, lineEndBefore(body, at)) });
    if (rest[1] !== undefined) return { parts, preambleEnd, epilogueStart: next };
    start = next;
  }
  if (start !== -1 && parts.length < maxParts) parts.push({ start, end: body.length });
  return { parts, preambleEnd, epilogueStart: null };
}

/**
 * The parts between the boundary's delimiters, at most `maxParts`, line ends as they came, the one before a delimiter
 * left out (it belongs to the delimiter). A body that ends without the last delimiter ends its last part.
 */
export function splitParts(body: string, boundary: string, maxParts: number): readonly string[] {
  return layOut(body, boundary, maxParts).parts.map(({ start, end }) => body.slice(start, end));
}
