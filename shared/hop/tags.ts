// The tags of a Hop-Signal and how each value is written. Protocol section 4.
// Text that others chose (HELO, names, queue ids, rule ids) is DKIM-Quoted-Printable (RFC 6376 section 2.11), so that no
// control, `;` or line end of theirs ever reaches the header; cut at 255 characters, which is longer than any true one.
import { decodeDkimQuoted, encodeDkimQuoted } from "../encoding/dkim-quoted.ts";

/** The field's name, and the prefix that a border removes (protocol section 4). */
export const hopSignalField = "Hop-Signal";
export const hopPrefix = "hop-";

/** Longest text in one tag, characters. */
export const textCharacters = 255;

/** Text as a tag value. `also`: characters that separate values in this tag. */
export function formatText(text: string, also = ""): string {
  return encodeDkimQuoted(text.length > textCharacters ? text.slice(0, textCharacters) : text, also);
}

/** The text of a tag value; null where it is none, empty, or too long. */
export function parseText(value: string): string | null {
  const text = value.length <= 3 * 4 * textCharacters ? decodeDkimQuoted(value) : null;
  return text === null || text === "" || text.length > textCharacters ? null : text;
}

const decimal = /^(?:0|[1-9][0-9]{0,11})$/;

/** A whole number without sign or leading zeros, or null. */
export function parseNumber(value: string): number | null {
  return decimal.test(value) ? Number(value) : null;
}

/** "<text><separator><word>" cut at its last separator, or null. */
export function cutLast(value: string, separator: string): readonly [before: string, after: string] | null {
  const at = value.lastIndexOf(separator);
  return at <= 0 ? null : [value.slice(0, at), value.slice(at + 1)];
}
