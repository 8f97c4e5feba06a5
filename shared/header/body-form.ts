// Whether a body may be signed as it is: 7-bit, lines of at most 998 octets, CRLF line ends. What is not might be recoded
// on the way, and the signature with it. RFC 6376 section 5.3, RFC 5322 section 2.1.1.

const lf = 0x0a;
const cr = 0x0d;
/** RFC 5322 section 2.1.1, without the CRLF. */
const maxLineOctets = 998;

/** Looks at a body as it streams by. */
export class BodyForm {
  #sevenBit = true;
  #lineOctets = 0;
  #carriageReturn = false;

  /** The next piece of the body, cut anywhere. */
  update(chunk: Uint8Array): void {
    for (let index = 0; index < chunk.length && this.#sevenBit; index += 1) {
      this.#octet(chunk[index] ?? 0);
    }
  }

  #octet(byte: number): void {
    if (this.#carriageReturn !== (byte === lf)) {
      // A CR without LF, or an LF without CR: some MTA on the way will make a line end of it.
      this.#sevenBit = false;
    } else if (byte === lf) {
      this.#lineOctets = 0;
    } else if (byte !== cr) {
      this.#lineOctets += 1;
      this.#sevenBit = byte !== 0 && byte < 0x80 && this.#lineOctets <= maxLineOctets;
    }
    this.#carriageReturn = byte === cr;
  }

  /** Whether all that was seen is fit to be signed. Ask when the body is over. */
  get sevenBit(): boolean {
    return this.#sevenBit && !this.#carriageReturn;
  }
}
