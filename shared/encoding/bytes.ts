// Octets and byte strings. A byte string has one UTF-16 unit per octet (U+0000 to U+00FF): header text as it stood on
// the wire (shared/header/field.ts), searchable and joinable at string speed.

const encoder = new TextEncoder();
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Arguments of one String.fromCharCode call: engines limit how many, 8,192 is safe everywhere. */
const chunkUnits = 8_192;

/** The octets of a byte string. Units above U+00FF (not a byte string: a caller's bug) throw. */
export function bytesFromString(text: string): Uint8Array {
  const encoded = encoder.encode(text);
  // UTF-8 is longer than the string as soon as one unit is above U+007F: equal length proves plain ASCII.
  if (encoded.length === text.length) {
    return encoded;
  }
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0xff) {
      throw new RangeError(`not a byte string: U+${unit.toString(16)} at ${index}`);
    }
    bytes[index] = unit;
  }
  return bytes;
}

/** The byte string of some octets. */
export function stringFromBytes(bytes: Uint8Array): string {
  if (bytes.length <= chunkUnits) {
    return fromUnits(bytes);
  }
  let text = "";
  for (let start = 0; start < bytes.length; start += chunkUnits) {
    text += fromUnits(bytes.subarray(start, start + chunkUnits));
  }
  return text;
}

/** `apply` takes typed arrays as they are; spreading them would walk an iterator, some five times slower. */
function fromUnits(units: Uint8Array): string {
  return String.fromCharCode.apply(null, units as unknown as number[]);
}

/** Whether every unit is ASCII. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) {
      return false;
    }
  }
  return true;
}

/** UTF-8 octets of a text. Lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A byte string decoded as UTF-8 for showing; what is not UTF-8 becomes U+FFFD (RFC 6532 section 3.2). */
export function decodeUtf8(byteString: string): string {
  return isAscii(byteString) ? byteString : lenientDecoder.decode(bytesFromString(byteString));
}

/** A byte string decoded as UTF-8, or null where it is not UTF-8: for what is compared, not only shown. */
export function decodeUtf8Strict(byteString: string): string | null {
  if (isAscii(byteString)) {
    return byteString;
  }
  try {
    return strictDecoder.decode(bytesFromString(byteString));
  } catch {
    // The decoder's only way to say "not UTF-8".
    return null;
  }
}

/** The pieces, one after the other. */
export function concatBytes(...pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) {
    length += piece.length;
  }
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}

/** Whether both hold the same octets; takes the same time wherever they differ, so it serves for MACs too. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) {
    return false;
  }
  let difference = 0;
  for (let index = 0; index < left.length; index += 1) {
    difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  }
  return difference === 0;
}
