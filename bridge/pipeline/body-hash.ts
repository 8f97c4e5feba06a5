// The digest of a mail's relaxed body, made while it streams by.
import { createHash, hash, type Hash } from "node:crypto";
import { BodyRelaxer } from "../../shared/header/canonical.ts";

/** Up to so many octets are gathered and digested in one go: most mails, and half the work of a digest made piece by piece. */
const gatheredBytes = 16_384;

/** SHA-256 of the relaxed body (RFC 6376 section 3.4.4). */
export class BodyHash {
  /** Made once the body is longer than what is gathered. */
  #hash: Hash | null = null;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  readonly #relaxer = new BodyRelaxer((piece) => this.#add(piece));

  update(chunk: Uint8Array): void {
    this.#relaxer.update(chunk);
  }

  /** Once, at the end. */
  digest(): Uint8Array {
    this.#relaxer.end();
    if (this.#hash !== null) return this.#hash.digest();
    const [only] = this.#pieces;
    const whole = only?.length === this.#bytes ? only : Buffer.concat(this.#pieces, this.#bytes);
    return hash("sha256", whole, "buffer");
  }

  /** The piece is only valid during the call. */
  #add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#hash === null && this.#bytes <= gatheredBytes) {
      this.#pieces.push(Buffer.from(piece));
      return;
    }
    this.#hash ??= this.#started();
    this.#hash.update(piece);
  }

  #started(): Hash {
    const started = createHash("sha256");
    for (const piece of this.#pieces.splice(0)) started.update(piece);
    return started;
  }
}
