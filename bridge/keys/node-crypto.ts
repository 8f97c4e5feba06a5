// The primitives over node:crypto: signatures in libuv's thread pool, parsed keys kept by their content, since parsing
// costs as much as verifying (createPublicKey 200 µs, P-256 verify 108 µs).
import {
  createHash,
  createHmac,
  createPublicKey,
  sign as signCallback,
  verify as verifyCallback,
  type KeyObject,
} from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Crypto, SignatureAlgorithm, Signer } from "../../shared/crypto/crypto.ts";

/** Parsed public keys kept; a KeyObject and its cache key are some 2 kB. */
const keptKeys = 2_000;
/** RSA moduli that verify anything here (protocol section 2); larger ones cost an attacker nothing and us seconds. */
const rsaBits = { min: 2_048, max: 8_192 } as const;

/** The algorithm a key signs declarations with; null: a key of a kind the protocol doesn't know. */
export function algorithmOf(key: KeyObject): SignatureAlgorithm | null {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key;
  if (kind === "ed25519") return "ed25519-sha256";
  if (kind === "ec") return details?.namedCurve === "prime256v1" ? "ecdsa-p256-sha256" : null;
  const bits = kind === "rsa" ? (details?.modulusLength ?? 0) : 0;
  return bits >= rsaBits.min && bits <= rsaBits.max ? "rsa-sha256" : null;
}

/** What node:crypto signs: RFC 8463 section 3 signs the digest, the others digest themselves. */
function prepared(algorithm: SignatureAlgorithm, data: Uint8Array): { digest: string | null; data: Uint8Array } {
  if (algorithm !== "ed25519-sha256") return { digest: "sha256", data };
  return { digest: null, data: createHash("sha256").update(data).digest() };
}

function parseKey(spki: Uint8Array): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  } catch {
    // A malformed key verifies nothing; that is all the caller wants to know.
    return null;
  }
}

/** Crypto for the bridge, with a key cache of its own. */
export function nodeCrypto(): Crypto {
  const keys = new LRUCache<string, { readonly key: KeyObject | null }>({ max: keptKeys });

  function keyOf(spki: Uint8Array): KeyObject | null {
    const id = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength).toString("latin1");
    const kept = keys.get(id);
    if (kept !== undefined) return kept.key;
    const key = parseKey(spki);
    keys.set(id, { key });
    return key;
  }

  return {
    digest: (data) => createHash("sha256").update(data).digest(),
    hmac: (key, data) => createHmac("sha256", key).update(data).digest(),
    verify(algorithm, spki, data, signature) {
      const key = keyOf(spki);
      if (key === null || algorithmOf(key) !== algorithm) return false;
      const input = prepared(algorithm, data);
      return new Promise((resolve) => {
        verifyCallback(input.digest, input.data, { key, dsaEncoding: "ieee-p1363" }, signature, (error, verified) =>
          resolve(error === null && verified),
        );
      });
    },
  };
}

/** DER SubjectPublicKeyInfo of a private or public key. */
export function spkiOf(key: KeyObject): Uint8Array {
  const pub = key.type === "private" ? createPublicKey(key) : key;
  return new Uint8Array(pub.export({ format: "der", type: "spki" }));
}

/** base64url(SHA-256(spki)): the `ks` of declarations, the `k` of seals. */
export function keyIdOf(spki: Uint8Array): string {
  return createHash("sha256").update(spki).digest("base64url");
}

/** A Signer over a private key in memory; null for a key the protocol can't sign with. */
export function nodeSigner(key: KeyObject): Signer | null {
  const algorithm = algorithmOf(key);
  if (key.type !== "private" || algorithm === null) return null;
  const spki = spkiOf(key);
  return {
    algorithm,
    spki,
    keyId: keyIdOf(spki),
    sign(data) {
      const input = prepared(algorithm, data);
      return new Promise((resolve, reject) => {
        signCallback(input.digest, input.data, { key, dsaEncoding: "ieee-p1363" }, (error, signature) =>
          error === null ? resolve(signature) : reject(error),
        );
      });
    },
  };
}
