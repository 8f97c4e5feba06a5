// Base 64, both alphabets, strict: one text per value, so that what is compared as text is the same as octets.
// RFC 4648 sections 3.5 (unused bits are zero), 4 and 5.
import { stringFromBytes } from "./bytes.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function reverse(last: string): Int8Array {
  const values = new Int8Array(256).fill(-1);
  const characters = alphabet + last;
  for (let value = 0; value < characters.length; value += 1) {
    values[characters.charCodeAt(value)] = value;
  }
  return values;
}

const urlUnits = Uint8Array.from(`${alphabet}-_`, (character) => character.charCodeAt(0));

const standardValues = reverse("+/");
const urlValues = reverse("-_");

/** Decodes text that has neither padding nor whitespace. */
function decode(text: string, values: Int8Array): Uint8Array | null {
  const rest = text.length % 4;
  if (rest === 1) {
    return null;
  }
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let offset = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    const value = unit < 256 ? (values[unit] ?? -1) : -1;
    if (value < 0) {
      return null;
    }
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[offset] = (bits >> held) & 0xff;
      offset += 1;
    }
  }
  // RFC 4648 section 3.5: bits beyond the last octet must be zero, or two texts would mean the same octets.
  return (bits & ((1 << held) - 1)) === 0 ? bytes : null;
}

/** Base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  return btoa(stringFromBytes(bytes));
}

/**
 * Octets of padded base64, or null. Whitespace is refused unless `whitespace: "ignore"` is asked for (folded header
 * values, PEM); padding must be right (RFC 4648 section 3.2).
 */
export function fromBase64(text: string, options?: { readonly whitespace: "ignore" }): Uint8Array | null {
  const joined = options === undefined ? text : withoutWhitespace(text);
  if (joined.length % 4 !== 0) {
    return null;
  }
  const padding = joined.endsWith("==") ? 2 : joined.endsWith("=") ? 1 : 0;
  return decode(joined.slice(0, joined.length - padding), standardValues);
}

/** Base64url without padding (RFC 4648 section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  const units = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const group = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    // What lies behind the last unit is not written.
    units[to] = urlUnits[group >> 18] ?? 0;
    units[to + 1] = urlUnits[(group >> 12) & 63] ?? 0;
    units[to + 2] = urlUnits[(group >> 6) & 63] ?? 0;
    units[to + 3] = urlUnits[group & 63] ?? 0;
  }
  return stringFromBytes(units);
}

/** Octets of unpadded base64url, or null: no whitespace, no padding, no stray bits. */
export function fromBase64Url(text: string): Uint8Array | null {
  return decode(text, urlValues);
}

/** Whether the text is base64url of exactly `byteLength` octets. */
export function isBase64Url(text: string, byteLength: number): boolean {
  return text.length === Math.ceil((byteLength * 4) / 3) && fromBase64Url(text) !== null;
}

/** The text without space, tab, CR and LF. */
export function withoutWhitespace(text: string): string {
  return /[ \t\r\n]/.test(text) ? text.replace(/[ \t\r\n]+/g, "") : text;
}
