// ECDSA signatures of P-256 in their two forms: r ‖ s, as declarations carry them (IEEE P1363), and the ASN.1 sequence
// OpenSSL works with (RFC 3279 section 2.2.3). Node converts too, but told so by an options object, and finding out that this
// is no key costs it 40 µs a call, half of the verification.

const partBytes = 32;
const integerTag = 0x02;
const sequenceTag = 0x30;

/**
 * Writes the INTEGER of an unsigned number into `der` at `at`: no superfluous zero octets, one in front of a set highest
 * bit (X.690 section 8.3). Answers where it ends.
 */
function writeInteger(der: Uint8Array, at: number, signature: Uint8Array, start: number): number {
  const end = start + partBytes;
  let first = start;
  while (first < end - 1 && signature[first] === 0) first += 1;
  const sign = (signature[first] ?? 0) >= 0x80 ? 1 : 0;
  der[at] = integerTag;
  der[at + 1] = end - first + sign;
  der.set(signature.subarray(first, end), at + 2 + sign);
  return at + 2 + sign + end - first;
}

/** r ‖ s as an ASN.1 sequence; null where it is not 64 octets. */
export function derFromP1363(signature: Uint8Array): Uint8Array | null {
  if (signature.length !== 2 * partBytes) return null;
  const der = new Uint8Array(2 + 2 * (3 + partBytes));
  const end = writeInteger(der, writeInteger(der, 2, signature, 0), signature, partBytes);
  der[0] = sequenceTag;
  der[1] = end - 2;
  return der.subarray(0, end);
}

/** What OpenSSL signed, as r ‖ s. Throws for anything else: it never comes from outside. */
export function p1363FromDer(der: Uint8Array): Uint8Array {
  const signature = new Uint8Array(2 * partBytes);
  let at = 2;
  for (const end of [partBytes, 2 * partBytes]) {
    const length = der[at + 1] ?? 0;
    const digits = der.subarray(at + 2, at + 2 + length);
    const unsigned = digits.length > partBytes ? digits.subarray(digits.length - partBytes) : digits;
    if (der[at] !== integerTag || digits.length !== length) throw new Error("not an ECDSA signature");
    signature.set(unsigned, end - unsigned.length);
    at += 2 + length;
  }
  return signature;
}
