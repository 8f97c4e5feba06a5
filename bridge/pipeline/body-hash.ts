// The digest of a mail's relaxed body, made while it streams by.
import { createHash, hash, type Hash } from "node:crypto";
import { BodyRelaxer } from "../../shared/header/canonical.ts";

/** Up to so many octets are gathered and digested in one go: most mails, and half the work of a digest made piece by piece. */
const gatheredBytes = 16_384;
/** Buffers of mails that are done, for those that come: they are in the processor's cache, and nobody has to collect them. */
const spare: Buffer[] = [];
const spareBuffers = 32;

/** SHA-256 of the relaxed body (RFC 6376 section 3.4.4). */
export class BodyHash {
  /** Made once the body is longer than what is gathered. */
  #hash: Hash | null = null;
  #gathered: Buffer | null = null;
  #bytes = 0;
  readonly #relaxer = new BodyRelaxer((piece) => this.#add(piece));

  update(chunk: Uint8Array): void {
    this.#relaxer.update(chunk);
  }

  /** Once, at the end. */
  digest(): Uint8Array {
    this.#relaxer.end();
    if (this.#hash !== null) return this.#hash.digest();
    const digest = hash("sha256", this.#gathered?.subarray(0, this.#bytes) ?? "", "buffer");
    this.#giveBack();
    return digest;
  }

  /** The piece is only valid during the call. */
  #add(piece: Uint8Array): void {
    if (this.#hash === null && this.#bytes + piece.length <= gatheredBytes) {
      this.#gathered ??= spare.pop() ?? Buffer.allocUnsafeSlow(gatheredBytes);
      this.#gathered.set(piece, this.#bytes);
      this.#bytes += piece.length;
      return;
    }
    this.#hash ??= this.#started();
    this.#hash.update(piece);
  }

  #started(): Hash {
    const started = createHash("sha256");
    if (this.#gathered !== null) started.update(this.#gathered.subarray(0, this.#bytes));
    this.#giveBack();
    return started;
  }

  #giveBack(): void {
    if (this.#gathered !== null && spare.length < spareBuffers) spare.push(this.#gathered);
    this.#gathered = null;
  }
}
