// The digest of a mail's relaxed body, made while it streams by.
import { createHash } from "node:crypto";
import { BodyRelaxer } from "../../shared/header/canonical.ts";

/** SHA-256 of the relaxed body (RFC 6376 section 3.4.4). */
export class BodyHash {
  readonly #hash = createHash("sha256");
  readonly #relaxer = new BodyRelaxer((piece) => {
    this.#hash.update(piece);
  });

  update(chunk: Uint8Array): void {
    this.#relaxer.update(chunk);
  }

  /** Once, at the end. */
  digest(): Uint8Array {
    this.#relaxer.end();
    return this.#hash.digest();
  }
}
