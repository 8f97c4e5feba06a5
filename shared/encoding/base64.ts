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

const urlCharacters = `${alphabet}-_`;

function urlCharacter(value: number): string {
  return urlCharacters.charAt(value & 63);
}

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
  const whole = bytes.length - (bytes.length % 3);
  let text = "";
  for (let index = 0; index < whole; index += 3) {
    const group = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text += urlCharacter(group >> 18) + urlCharacter(group >> 12) + urlCharacter(group >> 6) + urlCharacter(group);
  }
  const [first, second] = [bytes[whole], bytes[whole + 1]];
  if (first === undefined) {
    return text;
  }
  const group = (first << 16) | ((second ?? 0) << 8);
  text += urlCharacter(group >> 18) + urlCharacter(group >> 12);
  return second === undefined ? text : text + urlCharacter(group >> 6);
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
