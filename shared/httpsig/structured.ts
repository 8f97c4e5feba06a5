// The part of structured fields that HTTP signatures need: dictionaries whose members are byte sequences, or inner lists
// of strings with parameters. RFC 9651 (and RFC 8941) section 3.2; parsing section 4.2, serialising section 4.1.
// Left out because nothing here uses it: decimals, dates, display strings, parameters on an inner list's items.
import { fromBase64, toBase64 } from "../encoding/base64.ts";
import { limits } from "../limits.ts";
import { ok, perm, type Failure, type Result } from "../result.ts";

/** A bare item. Tokens are told from strings. */
export type BareItem = string | number | boolean | Uint8Array | { readonly token: string };
export type Parameters = ReadonlyMap<string, BareItem>;

/** A dictionary's member. */
export type Member =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly parameters: Parameters }
  | { readonly kind: "strings"; readonly strings: readonly string[]; readonly parameters: Parameters };

export type Dictionary = ReadonlyMap<string, Member>;

interface Cursor {
  readonly text: string;
  at: number;
}

const key = /[a-z*][a-z0-9_.*-]*/y;
const string = /"((?:[ !#-[\]-~]|\\["\\])*)"/y;
const integer = /-?[0-9]{1,15}(?![0-9.])/y;
const token = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y;
const bytes = /:([A-Za-z0-9+/=]*):/y;
const boolean = /\?([01])/y;
const spaces = / */y;
const whitespace = /[ \t]*/y;

function take(cursor: Cursor, sticky: RegExp): RegExpExecArray | null {
  sticky.lastIndex = cursor.at;
  const found = sticky.exec(cursor.text);
  if (found !== null) cursor.at += found[0].length;
  return found;
}

function takeCharacter(cursor: Cursor, character: string): boolean {
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at += 1;
  return true;
}

function bad(cursor: Cursor, wanted: string): Failure {
  return perm("httpsig/field", `${wanted} expected at character ${cursor.at}`);
}

function takeString(cursor: Cursor): string | null {
  return take(cursor, string)?.[1]?.replaceAll(/\\(["\\])/g, "$1") ?? null;
}

function takeBytes(cursor: Cursor): Uint8Array | null {
  const text = take(cursor, bytes)?.[1];
  return text === undefined ? null : fromBase64(text);
}

function takeBareItem(cursor: Cursor): BareItem | null {
  const next = cursor.text.charAt(cursor.at);
  if (next === '"') return takeString(cursor);
  if (next === ":") return takeBytes(cursor);
  if (next === "?") {
    const found = take(cursor, boolean)?.[1];
    return found === undefined ? null : found === "1";
  }
  const number = take(cursor, integer)?.[0];
  // "-0" is 0: RFC 9651 section 4.1.4 writes a sign below 0 only.
  if (number !== undefined) return Number(number) + 0;
  const word = take(cursor, token)?.[0];
  return word === undefined ? null : { token: word };
}

function parseParameters(cursor: Cursor): Result<Parameters> {
  const parameters = new Map<string, BareItem>();
  while (takeCharacter(cursor, ";")) {
    take(cursor, spaces);
    const name = take(cursor, key)?.[0];
    if (name === undefined) return bad(cursor, "a parameter's name");
    const value = takeCharacter(cursor, "=") ? takeBareItem(cursor) : true;
    if (value === null) return bad(cursor, "a parameter's value");
    // RFC 9651 section 4.2.3.2 lets the last one win; two readers that differ in that would check two signatures.
    if (parameters.has(name)) return bad(cursor, "each parameter once");
    parameters.set(name, value);
  }
  return ok(parameters);
}

function parseStrings(cursor: Cursor): readonly string[] | null {
  const strings: string[] = [];
  for (;;) {
    const separated = (take(cursor, spaces)?.[0].length ?? 0) > 0;
    if (takeCharacter(cursor, ")")) return strings;
    const item = strings.length === 0 || separated ? takeString(cursor) : null;
    if (item === null) return null;
    strings.push(item);
  }
}

function parseMember(cursor: Cursor): Result<Member> {
  if (takeCharacter(cursor, "(")) {
    const strings = parseStrings(cursor);
    if (strings === null) return bad(cursor, "a string or )");
    const parameters = parseParameters(cursor);
    return parameters.ok ? ok({ kind: "strings", strings, parameters: parameters.value }) : parameters;
  }
  const value = cursor.text[cursor.at] === ":" ? takeBytes(cursor) : null;
  if (value === null) return bad(cursor, "a byte sequence or inner list");
  const parameters = parseParameters(cursor);
  return parameters.ok ? ok({ kind: "bytes", bytes: value, parameters: parameters.value }) : parameters;
}

/** RFC 9651 section 4.2, steps 2 and 6. Not / +$/: that looks at every run of spaces anew from each of its characters. */
function withoutOuterSpaces(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === " ") start += 1;
  while (end > start && text[end - 1] === " ") end -= 1;
  return text.slice(start, end);
}

/** Parses a field's value. A name that comes twice is refused. Fails with `httpsig/field`, `httpsig/too-long`. */
export function parseDictionary(text: string): Result<Dictionary> {
  if (text.length > limits.httpSignatureChars) return perm("httpsig/too-long", `${text.length} characters`);
  const cursor: Cursor = { text: withoutOuterSpaces(text), at: 0 };
  const members = new Map<string, Member>();
  for (;;) {
    const name = take(cursor, key)?.[0];
    if (name === undefined || members.has(name) || !takeCharacter(cursor, "=")) return bad(cursor, "a new name and =");
    const member = parseMember(cursor);
    if (!member.ok) return member;
    if (members.size >= limits.httpSignatures) return bad(cursor, "fewer members");
    members.set(name, member.value);
    take(cursor, whitespace);
    if (cursor.at === cursor.text.length) return ok(members);
    if (!takeCharacter(cursor, ",")) return bad(cursor, ",");
    take(cursor, whitespace);
  }
}

function formatBareItem(item: BareItem): string {
  if (typeof item === "string") {
    if (!/^[ -~]*$/.test(item)) throw new RangeError("a structured field's string is printable ASCII");
    return `"${item.replaceAll(/["\\]/g, "\\$&")}"`;
  }
  if (typeof item === "number") return String(item);
  if (typeof item === "boolean") return item ? "?1" : "?0";
  return item instanceof Uint8Array ? `:${toBase64(item)}:` : item.token;
}

function formatParameters(parameters: Parameters): string {
  return [...parameters]
    .map(([name, value]) => (value === true ? `;${name}` : `;${name}=${formatBareItem(value)}`))
    .join("");
}

/** One member's value, as the signature base and the field have it. */
export function formatMember(member: Member): string {
  const value =
    member.kind === "bytes" ? formatBareItem(member.bytes) : `(${member.strings.map(formatBareItem).join(" ")})`;
  return `${value}${formatParameters(member.parameters)}`;
}

/** A dictionary as a field's value. */
export function formatDictionary(dictionary: Dictionary): string {
  return [...dictionary].map(([name, member]) => `${name}=${formatMember(member)}`).join(", ");
}
