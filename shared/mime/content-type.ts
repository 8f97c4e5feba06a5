// A Content-Type and its parameters. RFC 2045 section 5.1. Byte strings in and out. Known gap: no RFC 2231 parameters.

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
