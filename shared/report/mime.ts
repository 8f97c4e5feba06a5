// The little MIME that abuse reports need: a Content-Type and its parameters, and the parts of a multipart body.
// RFC 2045 section 5.1, RFC 2046 section 5.1.1. Byte strings in and out. Known gap: no RFC 2231 parameters.

/** A Content-Type. */
export interface ContentType {
  /** "multipart/report", lower case. */
  readonly type: string;
  /** By lower-case name; the first of a name counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const parameter = /;\s*([a-z0-9-]{1,32})\s*=\s*(?:"((?:[^"\\]|\\.){0,256})"|([^\s;"()]{1,256}))/giy;

/** Reads a Content-Type's value; what can't be read is left out. */
export function parseContentType(value: string): ContentType {
  const type = /^\s*([a-z0-9.+-]{1,64}\/[a-z0-9.+-]{1,64})\s*/i.exec(value);
  const parameters = new Map<string, string>();
  parameter.lastIndex = type?.[0].length ?? value.length;
  for (let found = parameter.exec(value); found !== null; found = parameter.exec(value)) {
    const [, name = "", quoted, bare = ""] = found;
    const written = quoted?.replaceAll(/\\(.)/g, "$1") ?? bare;
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), written);
    parameter.lastIndex += /^\s*/.exec(value.slice(parameter.lastIndex, parameter.lastIndex + 64))?.[0].length ?? 0;
  }
  return { type: type?.[1]?.toLowerCase() ?? "text/plain", parameters };
}

/** What the line is: a delimiter, the last one, or content (null). White space may stand behind a delimiter. */
function delimiterOf(line: string, boundary: string): "next" | "last" | null {
  if (!line.startsWith(`--${boundary}`)) return null;
  const rest = /^(--)?[ \t]*\r?\n?$/.exec(line.slice(boundary.length + 2));
  if (rest === null) return null;
  return rest[1] === undefined ? "next" : "last";
}

/**
 * The parts between the boundary's delimiters, at most `maxParts`, line ends as they came, the one before a delimiter
 * left out (it belongs to the delimiter). A body that ends without the last delimiter ends its last part.
 */
export function splitParts(body: string, boundary: string, maxParts: number): readonly string[] {
  if (boundary === "" || boundary.length > 70) return [];
  const parts: string[] = [];
  let partStart = -1;
  for (let at = 0; at <= body.length && parts.length < maxParts;) {
    const end = body.indexOf("\n", at);
    const next = end === -1 ? body.length + 1 : end + 1;
    const delimiter = delimiterOf(body.slice(at, next), boundary);
    if (delimiter !== null) {
      if (partStart !== -1) parts.push(body.slice(partStart, at).replace(/\r?\n$/, ""));
      if (delimiter === "last") return parts;
      partStart = next;
    }
    at = next;
  }
  if (partStart !== -1 && partStart < body.length && parts.length < maxParts) parts.push(body.slice(partStart));
  return parts;
}
