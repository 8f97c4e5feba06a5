// The digest of a mail's relaxed body, made while it streams by.
import { createHash, hash, type Hash } from "node:crypto";
import { BodyRelaxer } from "../../shared/header/canonical.ts";

/** Up to so many octets are gathered and digested in one go: most mails, and half the work of a digest made piece by piece. */
const gatheredBytes = 16_384;
/** Room behind the first piece, which in most mails is all but the last line's end. */
const spareBytes = 64;

/** SHA-256 of the relaxed body (RFC 6376 section 3.4.4). */
export class BodyHash {
  /** Made once the body is longer than what is gathered. */
  #hash: Hash | null = null;
  #gathered = Buffer.alloc(0);
  #bytes = 0;
  readonly #relaxer = new BodyRelaxer((piece) => this.#add(piece));

  update(chunk: Uint8Array): void {
    this.#relaxer.update(chunk);
  }

  /** Once, at the end. */
  digest(): Uint8Array {
    this.#relaxer.end();
    return this.#hash?.digest() ?? hash("sha256", this.#gathered.subarray(0, this.#bytes), "buffer");
  }

  /** The piece is only valid during the call. */
  #add(piece: Uint8Array): void {
    const bytes = this.#bytes + piece.length;
    if (this.#hash === null && bytes <= gatheredBytes) {
      if (bytes > this.#gathered.length) this.#grow(bytes);
      this.#gathered.set(piece, this.#bytes);
      this.#bytes = bytes;
      return;
    }
    this.#hash ??= createHash("sha256").update(this.#gathered.subarray(0, this.#bytes));
    this.#hash.update(piece);
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(Math.max(bytes + spareBytes, 2 * this.#gathered.length));
    larger.set(this.#gathered.subarray(0, this.#bytes));
    this.#gathered = larger;
  }
}
