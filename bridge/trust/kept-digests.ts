// Digests of what lies in caches and is digested for every mail again: a published leaf and its key. Kept by the very array,
// which nobody changes.
import type { Crypto } from "../../shared/crypto/crypto.ts";

/** Crypto that remembers the digests of arrays it was told to keep. */
export interface KeptDigests {
  readonly crypto: Crypto;
  /** Digests `data` once and for all; for arrays that live in a cache. */
  keep(data: Uint8Array): Promise<Uint8Array>;
}

/** Over `crypto`, which does everything else. */
export function keptDigests(crypto: Crypto): KeptDigests {
  const kept = new WeakMap<Uint8Array, Uint8Array>();
  return {
    crypto: {
      digest: (data) => kept.get(data) ?? crypto.digest(data),
      hmac: (key, data) => crypto.hmac(key, data),
      verify: (algorithm, spki, data, signature) => crypto.verify(algorithm, spki, data, signature),
    },
    async keep(data) {
      const digest = await crypto.digest(data);
      kept.set(data, digest);
      return digest;
    },
  };
}
