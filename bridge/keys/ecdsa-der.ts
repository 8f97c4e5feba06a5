// ECDSA signatures of P-256 in their two forms: r ‖ s, as declarations carry them (IEEE P1363), and the ASN.1 sequence
// OpenSSL works with (RFC 3279 section 2.2.3). Node converts too, but told so by an options object, and finding out that this
// is no key costs it 40 µs a call, half of the verification.

const partBytes = 32;
const integerTag = 0x02;
const sequenceTag = 0x30;

/** INTEGER of an unsigned number: no superfluous zero octets, one in front of a set highest bit (X.690 section 8.3). */
function formatInteger(part: Uint8Array): number[] {
  let start = 0;
  while (start < part.length - 1 && part[start] === 0) start += 1;
  const digits = [...part.subarray(start)];
  if ((digits[0] ?? 0) >= 0x80) digits.unshift(0);
  return [integerTag, digits.length, ...digits];
}

/** r ‖ s as an ASN.1 sequence; null where it is not 64 octets. */
export function derFromP1363(signature: Uint8Array): Uint8Array | null {
  if (signature.length !== 2 * partBytes) return null;
  const content = [...formatInteger(signature.subarray(0, partBytes)), ...formatInteger(signature.subarray(partBytes))];
  return Uint8Array.of(sequenceTag, content.length, ...content);
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
