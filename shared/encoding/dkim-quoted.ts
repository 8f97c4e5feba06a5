// DKIM-Quoted-Printable: how any text goes into a tag=value list without touching its syntax. RFC 6376 section 2.11.
// Used for everything in our fields that somebody else chose: addresses, HELO, reverse DNS, queue ids, rule ids.
import { decodeUtf8Strict, encodeUtf8 } from "./bytes.ts";

const digits = "0123456789ABCDEF";

/** RFC 6376 section 2.11, dkim-safe-char: 0x21-0x3A, 0x3C, 0x3E-0x7E. */
function isSafe(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f && byte !== 0x3b && byte !== 0x3d;
}

/**
 * Text (Unicode) as DKIM-Quoted-Printable of its UTF-8 octets: printable ASCII without `;`, `=`, space, controls.
 * `also` names further ASCII characters to encode, where they separate values. A lone surrogate becomes U+FFFD.
 */
export function encodeDkimQuoted(text: string, also = ""): string {
  let clean = true;
  for (let index = 0; index < text.length && clean; index += 1) {
    clean = isSafe(text.charCodeAt(index)) && !also.includes(text.charAt(index));
  }
  if (clean) {
    return text;
  }
  let quoted = "";
  for (const byte of encodeUtf8(text)) {
    const character = String.fromCharCode(byte);
    quoted +=
      isSafe(byte) && !also.includes(character) ? character : `=${digits.charAt(byte >> 4)}${digits.charAt(byte & 15)}`;
  }
  return quoted;
}

/**
 * The text of DKIM-Quoted-Printable, or null where an escape is cut short, lower-case, or the octets are not UTF-8.
 * Folding white space must be gone already.
 */
export function decodeDkimQuoted(quoted: string): string | null {
  if (!quoted.includes("=")) {
    return decodeUtf8Strict(quoted);
  }
  let octets = "";
  for (let index = 0; index < quoted.length; index += 1) {
    const character = quoted.charAt(index);
    if (character !== "=") {
      octets += character;
      continue;
    }
    const high = index + 1 < quoted.length ? digits.indexOf(quoted.charAt(index + 1)) : -1;
    const low = index + 2 < quoted.length ? digits.indexOf(quoted.charAt(index + 2)) : -1;
    if (high < 0 || low < 0) {
      return null;
    }
    octets += String.fromCharCode(high * 16 + low);
    index += 2;
  }
  return decodeUtf8Strict(octets);
}
