// The primitives over node:crypto: verification in the thread pool, parsed keys kept by their content. Measured against
// WebCrypto and against two clustered processes: this is the fastest (docs/performance.md).
import { createHash, createHmac, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Crypto, SignatureAlgorithm, Signer } from "../../shared/crypto/crypto.ts";

/** Parsed public keys kept. Parsing one costs 200 µs, about twice a verification; kept it takes some 2 kB. */
const keptKeys = 2_000;

function isOf(algorithm: SignatureAlgorithm, key: KeyObject): boolean {
  switch (algorithm) {
    case "ed25519-sha256":
      return key.asymmetricKeyType === "ed25519";
    case "ecdsa-p256-sha256":
      return key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
    case "rsa-sha256":
      return key.asymmetricKeyType === "rsa";
  }
}

function digest(data: Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}

function parsePublic(spki: Uint8Array): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  } catch {
    // OpenSSL throws for what is no SubjectPublicKeyInfo: such a key verifies nothing.
    return null;
  }
}

/** node:crypto's name of the hash, and the data to hand it, for each algorithm (RFC 8463 section 3 signs the digest). */
function prepared(algorithm: SignatureAlgorithm, data: Uint8Array): readonly [hash: string | null, data: Uint8Array] {
  return algorithm === "ed25519-sha256" ? [null, digest(data)] : ["sha256", data];
}

/** Crypto over node:crypto, with a cache of parsed keys of its own. */
export function nodeCrypto(): Crypto {
  const keys = new LRUCache<string, { readonly key: KeyObject | null }>({ max: keptKeys });

  function publicKey(spki: Uint8Array): KeyObject | null {
    const name = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength).toString("latin1");
    const kept = keys.get(name);
    if (kept !== undefined) {
      return kept.key;
    }
    const key = parsePublic(spki);
    keys.set(name, { key });
    return key;
  }

  return {
    digest,
    hmac: (key, data) => createHmac("sha256", key).update(data).digest(),
    verify(algorithm, spki, data, signature) {
      const key = publicKey(spki);
      if (key === null || !isOf(algorithm, key)) {
        return false;
      }
      const [hash, signed] = prepared(algorithm, data);
      return new Promise((resolve) => {
        verify(hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature, (error, holds) => {
          resolve(error === null && holds);
        });
      });
    },
  };
}

function algorithmOf(key: KeyObject): SignatureAlgorithm {
  for (const algorithm of ["ed25519-sha256", "ecdsa-p256-sha256", "rsa-sha256"] as const) {
    if (isOf(algorithm, key)) {
      return algorithm;
    }
  }
  throw new RangeError(`a key of type ${key.asymmetricKeyType ?? "?"} signs no mail: Ed25519, P-256 or RSA does`);
}

/** A Signer over a private key (PEM, or PKCS #8 DER). Throws where it is none, or of a type that signs no mail. */
export function nodeSigner(privateKey: string | Uint8Array): Signer {
  const key =
    typeof privateKey === "string"
      ? createPrivateKey(privateKey)
      : createPrivateKey({ key: Buffer.from(privateKey), format: "der", type: "pkcs8" });
  const algorithm = algorithmOf(key);
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    algorithm,
    spki,
    keyId: createHash("sha256").update(spki).digest("base64url"),
    sign(data) {
      const [hash, signed] = prepared(algorithm, data);
      return new Promise((resolve, reject) => {
        sign(hash, signed, { key, dsaEncoding: "ieee-p1363" }, (error, signature) => {
          if (error === null) {
            resolve(signature);
          } else {
            reject(error);
          }
        });
      });
    },
  };
}
