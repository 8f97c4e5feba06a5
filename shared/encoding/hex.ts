// Base 16. RFC 4648 section 8.

const digits = "0123456789abcdef";

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += digits.charAt(byte >> 4) + digits.charAt(byte & 15);
  }
  return text;
}

/** Octets of hexadecimal of either case, or null where it is not. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0) {
    return null;
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    const high = digits.indexOf(text.charAt(2 * index).toLowerCase());
    const low = digits.indexOf(text.charAt(2 * index + 1).toLowerCase());
    if (high < 0 || low < 0) {
      return null;
    }
    bytes[index] = high * 16 + low;
  }
  return bytes;
}
