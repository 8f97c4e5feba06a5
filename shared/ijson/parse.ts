// JSON from strangers, as RFC 7493 (I-JSON) narrows RFC 8259: one meaning or none. A member name that comes twice, lone
// surrogates and noncharacters, and numbers that a double can't hold are refused; so is anything nested too deep.
import { ok, perm, type Result } from "../result.ts";

/** A parsed document. Objects have own members only, "__proto__" included: read them through a schema. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** Caps of one document. */
export interface JsonCaps {
  /** UTF-16 units. */
  readonly maxChars: number;
  /** Arrays and objects within each other. */
  readonly maxDepth: number;
}

interface Reader {
  readonly text: string;
  readonly maxDepth: number;
  at: number;
}

/** What a reader throws inward; never leaves this file. */
class Refusal extends Error {
  readonly code: string;
  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
  }
}

const space = /[ \t\r\n]*/y;
const stringBody = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\u0000-\u001f]*)*"/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

function refuse(reader: Reader, code: string, wanted: string): never {
  throw new Refusal(`ijson/${code}`, `${wanted} expected at character ${reader.at}`);
}

function takeMatch(reader: Reader, sticky: RegExp): string | null {
  sticky.lastIndex = reader.at;
  const found = sticky.exec(reader.text);
  if (found === null) return null;
  reader.at += found[0].length;
  return found[0];
}

/** The next character that is no white space; not stepped over. */
function peek(reader: Reader): string {
  takeMatch(reader, space);
  return reader.text.charAt(reader.at);
}

function readString(reader: Reader): string {
  const literal = takeMatch(reader, stringBody);
  if (literal === null) return refuse(reader, "syntax", "a string");
  const text = literal.includes("\\") ? (JSON.parse(literal) as string) : literal.slice(1, -1);
  // RFC 7493 section 2.1.
  if (!text.isWellFormed() || /\p{Noncharacter_Code_Point}/u.test(text)) refuse(reader, "characters", "Unicode text");
  return text;
}

function readNumber(reader: Reader): number {
  const literal = takeMatch(reader, number);
  if (literal === null) return refuse(reader, "syntax", "a value");
  const value = Number(literal);
  // RFC 7493 section 2.2: beyond this two readers read two numbers.
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    refuse(reader, "number", "a number that a double holds");
  }
  return value;
}

/** The items up to `close`, each read by `item`. The cursor stands behind the opening bracket. */
function readItems(reader: Reader, close: string, item: () => void): void {
  if (peek(reader) === close) {
    reader.at += 1;
    return;
  }
  for (;;) {
    item();
    const next = peek(reader);
    if (next !== "," && next !== close) refuse(reader, "syntax", `, or ${close}`);
    reader.at += 1;
    if (next === close) return;
  }
}

function readObject(reader: Reader, depth: number): JsonValue {
  const members = new Map<string, JsonValue>();
  readItems(reader, "}", () => {
    peek(reader);
    const name = readString(reader);
    // RFC 7493 section 2.3: readers that keep the first and readers that keep the last would read two documents.
    if (members.has(name)) refuse(reader, "duplicate", "each member once");
    if (peek(reader) !== ":") refuse(reader, "syntax", ":");
    reader.at += 1;
    members.set(name, readValue(reader, depth));
  });
  return Object.fromEntries(members);
}

function readArray(reader: Reader, depth: number): JsonValue {
  const items: JsonValue[] = [];
  readItems(reader, "]", () => items.push(readValue(reader, depth)));
  return items;
}

const words: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

function readValue(reader: Reader, depth: number): JsonValue {
  const next = peek(reader);
  if (next === "{" || next === "[") {
    if (depth >= reader.maxDepth) refuse(reader, "deep", `at most ${reader.maxDepth} levels`);
    reader.at += 1;
    return next === "{" ? readObject(reader, depth + 1) : readArray(reader, depth + 1);
  }
  if (next === '"') return readString(reader);
  for (const [word, value] of words) {
    if (reader.text.startsWith(word, reader.at)) {
      reader.at += word.length;
      return value;
    }
  }
  return readNumber(reader);
}

/** Parses one document. Fails with `ijson/…` and a detail that says where. */
export function parseIJson(text: string, caps: JsonCaps): Result<JsonValue> {
  if (text.length > caps.maxChars) return perm("ijson/too-long", `${text.length} characters`);
  const reader: Reader = { text, maxDepth: caps.maxDepth, at: 0 };
  try {
    const value = readValue(reader, 0);
    if (peek(reader) !== "") refuse(reader, "syntax", "the end");
    return ok(value);
  } catch (error) {
    if (error instanceof Refusal) return perm(error.code, error.message);
    throw error;
  }
}
