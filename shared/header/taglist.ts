// tag=value lists: IPP-Purpose, IPP-Signature, Hop-Signal, the `_ipp` TXT record. RFC 6376 section 3.2.
// Wider than the RFC in one point: values may hold UTF-8 octets, as RFC 8616 section 5 allows where it is needed.
import { limits } from "../limits.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";

/** RFC 6376 section 3.2: tag-name = ALPHA *ALNUMPUNC. */
const tagName = /^[A-Za-z][A-Za-z0-9_]*$/;
/** What a list may not hold: of octets only controls, as values are VALCHAR, folding white space, and UTF-8 (RFC 8616). */
// oxlint-disable-next-line no-control-regex -- the controls are what it looks for
const outsideList = /[^\t\n\r\x20-\x7e\x80-\xff]/;

/** A list taken apart, and where the value of its `b` tag stands in the text, so that it can be signed as if empty. */
export interface TagList {
  readonly tags: ReadonlyMap<string, string>;
  /** Offsets of all that stands between "b=" and the next ";" (or the end); null without a `b`. */
  readonly signature: { readonly start: number; readonly end: number } | null;
}

function isWhiteSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0d || unit === 0x0a;
}

/** The part of the text between two offsets, without white space at its ends. */
function trimmed(text: string, start: number, end: number): string {
  let first = start;
  let last = end;
  while (first < last && isWhiteSpace(text.charCodeAt(first))) {
    first += 1;
  }
  while (last > first && isWhiteSpace(text.charCodeAt(last - 1))) {
    last -= 1;
  }
  return text.slice(first, last);
}

/** Reads a list and finds its signature. Tag names are case-sensitive; a name that comes twice refuses the list. */
export function readTagList(text: string): Result<TagList> {
  if (text.length > limits.ourFieldBytes) {
    return perm("taglist/too-long", `more than ${limits.ourFieldBytes} octets`);
  }
  if (outsideList.test(text)) {
    return perm("taglist/syntax", "a control character");
  }
  const tags = new Map<string, string>();
  let signature: TagList["signature"] = null;
  let start = 0;
  while (start < text.length) {
    const semicolon = text.indexOf(";", start);
    const end = semicolon < 0 ? text.length : semicolon;
    const equals = text.indexOf("=", start);
    if (equals < 0 || equals > end) {
      // RFC 6376 section 3.2: the last ";" may be followed by nothing.
      if (semicolon < 0 && tags.size > 0 && trimmed(text, start, end) === "") {
        break;
      }
      return perm("taglist/syntax", "a tag without =");
    }
    const name = trimmed(text, start, equals);
    const value = trimmed(text, equals + 1, end);
    if (!tagName.test(name)) {
      return perm("taglist/syntax", `tag ${tags.size + 1} has a bad name`);
    }
    if (tags.has(name)) {
      return perm("taglist/duplicate", `two tags ${name}`);
    }
    if (tags.size >= limits.tags) {
      return perm("taglist/too-many", `more than ${limits.tags} tags`);
    }
    tags.set(name, value);
    if (name === "b") {
      signature = { start: equals + 1, end };
    }
    start = end + 1;
  }
  return tags.size === 0 ? perm("taglist/empty", "no tags") : ok({ tags, signature });
}

/**
 * The tags of a list, in order. Values lose white space at their ends; folding inside stays (base64 and lists: use
 * withoutWhitespace). Fails with taglist/syntax, /duplicate, /empty, /too-long or /too-many.
 */
export function parseTagList(text: string): Result<ReadonlyMap<string, string>> {
  const list = readTagList(text);
  return list.ok ? ok(list.value.tags) : list;
}

/** The text with the value of `b` taken out: what a signature covers of its own field (RFC 6376 section 3.7). */
export function withoutSignature(text: string, list: TagList): string {
  return list.signature === null
    ? text
    : text.slice(0, list.signature.start) + text.slice(list.signature.end, text.length);
}

/** Longest line a list is folded to where it can be (RFC 5322 section 2.1.1), and longest run of base64 (protocol section 3). */
const lineCharacters = 78;
const runCharacters = 72;

/** A long "name=value" cut where white space is allowed inside it. */
function pieces(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  while (text.length - start > runCharacters) {
    // Lists break after a colon; what has none within reach (base64) breaks anywhere.
    const colon = text.lastIndexOf(":", start + runCharacters - 1);
    const end = colon > start ? colon + 1 : start + runCharacters;
    parts.push(text.slice(start, end));
    start = end;
  }
  parts.push(text.slice(start));
  return parts;
}

/**
 * The pairs as one field value, beginning with a space, CRLF SP before what would pass 78 characters. Values must be
 * in their wire form already. `fold` names the tags whose values may be cut too: base64 and colon-separated lists.
 * `nameCharacters`: length of the field's name and colon, for the first line.
 */
export function formatTagList(
  pairs: readonly (readonly [name: string, value: string])[],
  options: { readonly fold: readonly string[]; readonly nameCharacters: number },
): string {
  let text = "";
  let column = options.nameCharacters;
  /** The next piece, on a line of its own where it is a continuation or too long for this one. */
  const put = (piece: string, continued: boolean): void => {
    const anew = continued || (column + 1 + piece.length > lineCharacters && text !== "");
    text += anew ? `\r\n ${piece}` : ` ${piece}`;
    column = (anew ? 0 : column) + 1 + piece.length;
  };
  for (let index = 0; index < pairs.length; index += 1) {
    const [name = "", value = ""] = pairs[index] ?? [];
    const end = index < pairs.length - 1 ? ";" : "";
    if (name.length + 1 + value.length <= runCharacters || !options.fold.includes(name)) {
      put(`${name}=${value}${end}`, false);
      continue;
    }
    const parts = pieces(`${name}=${value}`);
    for (let part = 0; part < parts.length; part += 1) {
      put(`${parts[part]}${part < parts.length - 1 ? "" : end}`, part > 0);
    }
  }
  return text;
}

/** A formatted list whose last tag is an empty `b`, with `b` filled in on lines of its own: nothing that was signed changes. */
export function fillSignature(text: string, base64: string): string {
  const unsigned = text.replace(/(?:\r\n)? b=$/, "");
  const value = pieces(`b=${base64}`).join("\r\n ");
  return `${unsigned}\r\n ${value}`;
}
