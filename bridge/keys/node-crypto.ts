// The primitives over node:crypto. Parsed keys are kept by their content, since parsing costs as much as verifying
// (createPublicKey 200 µs, P-256 verify 65 µs). Node is only ever handed KeyObjects: for anything else it takes 10 to 40 µs
// to find out that it is none. Signatures that come alone are dealt with at once, several together in libuv's thread pool
// (signature-work.ts); what takes longer than some 100 µs always goes there.
import {
  createHmac,
  createPublicKey,
  createSecretKey,
  hash,
  sign as signKey,
  verify as verifyKey,
  type KeyObject,
} from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Crypto, SignatureAlgorithm, Signer } from "../../shared/crypto/crypto.ts";
import { derFromP1363, p1363FromDer } from "./ecdsa-der.ts";
import type { SignatureJob, SignatureWork } from "./signature-work.ts";

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

function sha256(data: Uint8Array): Uint8Array {
  return hash("sha256", data, "buffer");
}

/** What node:crypto signs: RFC 8463 section 3 signs the digest, the others digest themselves. */
function prepared(algorithm: SignatureAlgorithm, data: Uint8Array): { digest: string | null; data: Uint8Array } {
  if (algorithm !== "ed25519-sha256") return { digest: "sha256", data };
  return { digest: null, data: sha256(data) };
}

function parseKey(spki: Uint8Array): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  } catch {
    // A malformed key verifies nothing; that is all the caller wants to know.
    return null;
  }
}

interface KeptKey {
  readonly key: KeyObject;
  readonly algorithm: SignatureAlgorithm | null;
  /** Verifying takes long: RSA above 4,096 bits. */
  readonly slow: boolean;
}

/** RSA of 4,096 bits verifies in 80 µs, of 8,192 in 300. */
const quickRsaBits = 4_096;

type Input = ReturnType<typeof prepared>;

/** What node throws over, a signature no key of the kind can have made, does not verify. */
function verifying({ digest, data }: Input, key: KeyObject, signature: Uint8Array): SignatureJob<boolean> {
  return {
    now() {
      try {
        return verifyKey(digest, data, key, signature);
      } catch {
        return false;
      }
    },
    inPool: () =>
      new Promise((resolve) => {
        verifyKey(digest, data, key, signature, (error, verified) => resolve(error === null && verified));
      }),
  };
}

/** `form`: what is made of OpenSSL's signature. */
function signing(
  { digest, data }: Input,
  key: KeyObject,
  form: (signature: Uint8Array) => Uint8Array,
): SignatureJob<Uint8Array> {
  return {
    now: () => form(signKey(digest, data, key)),
    inPool: () =>
      new Promise((resolve, reject) => {
        signKey(digest, data, key, (error, signature) => {
          if (error === null) resolve(form(signature));
          else reject(error);
        });
      }),
  };
}

/**
 * Crypto for the bridge, with a key cache of its own; with `work`, signatures that come together are verified in the thread
 * pool.
 */
export function nodeCrypto(work: SignatureWork | null = null): Crypto {
  const keys = new LRUCache<string, { readonly kept: KeptKey | null }>({ max: keptKeys });
  const secrets = new WeakMap<Uint8Array, KeyObject>();

  function keyOf(spki: Uint8Array): KeptKey | null {
    const id = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength).toString("latin1");
    const found = keys.get(id);
    if (found !== undefined) return found.kept;
    const key = parseKey(spki);
    const slow = (key?.asymmetricKeyDetails?.modulusLength ?? 0) > quickRsaBits;
    const kept = key === null ? null : { key, algorithm: algorithmOf(key), slow };
    keys.set(id, { kept });
    return kept;
  }

  function secretOf(secret: Uint8Array): KeyObject {
    const kept = secrets.get(secret) ?? createSecretKey(secret);
    secrets.set(secret, kept);
    return kept;
  }

  return {
    digest: sha256,
    hmac: (secret, data) => createHmac("sha256", secretOf(secret)).update(data).digest(),
    verify(algorithm, spki, data, signature) {
      const kept = keyOf(spki);
      if (kept === null || kept.algorithm !== algorithm) return false;
      const form = algorithm === "ecdsa-p256-sha256" ? derFromP1363(signature) : signature;
      if (form === null) return false;
      const job = verifying(prepared(algorithm, data), kept.key, form);
      if (kept.slow) return job.inPool();
      return work === null ? job.now() : work.do(job);
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
  return hash("sha256", spki, "base64url");
}

/** A Signer over a private key in memory, `work` as nodeCrypto's; null for a key the protocol can't sign with. */
export function nodeSigner(key: KeyObject, work: SignatureWork | null = null): Signer | null {
  const algorithm = algorithmOf(key);
  if (key.type !== "private" || algorithm === null) return null;
  const spki = spkiOf(key);
  return {
    algorithm,
    spki,
    keyId: keyIdOf(spki),
    sign(data) {
      const form = algorithm === "ecdsa-p256-sha256" ? p1363FromDer : (signature: Uint8Array) => signature;
      const job = signing(prepared(algorithm, data), key, form);
      // RSA signs in a millisecond.
      if (algorithm === "rsa-sha256") return job.inPool();
      return work === null ? job.now() : work.do(job);
    },
  };
}
