// The worked example's keys, made from sentences, and signatures that are the same every time: never use either for anything
// but an example.
import { createECDH, createHash, createPrivateKey } from "node:crypto";
import { nodeSigner } from "../../bridge/keys/node-crypto.ts";
import type { Signer } from "../../shared/crypto/crypto.ts";
import { isSealSigner, type SealSigner } from "../../shared/hop/key-types.ts";

const digest = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** An Ed25519 key. */
export function ed25519Key(sentence: string): Signer {
  // PKCS #8 of an Ed25519 key (RFC 8410 section 7) is 16 fixed octets and the seed.
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), digest(sentence)]);
  const signer = nodeSigner(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  if (signer === null) {
    throw new Error("Ed25519 signs");
  }
  return signer;
}

/** Order of P-256's group (FIPS 186-5, SP 800-186 section 3.2.1.3). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const toNumber = (octets: Uint8Array): bigint => BigInt(`0x${Buffer.from(octets).toString("hex")}`);
const toOctets = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(64, "0"), "hex");

/** 1 / number modulo the order, by Fermat's little theorem. */
function inverse(number: bigint): bigint {
  let result = 1n;
  for (const bit of (order - 2n).toString(2)) {
    result = (((result * result) % order) * (bit === "1" ? number : 1n)) % order;
  }
  return result;
}

/** x and y of the private key's point. */
function pointOf(secret: bigint): readonly [x: Buffer, y: Buffer] {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(toOctets(secret));
  const point = curve.getPublicKey();
  return [point.subarray(1, 33), point.subarray(33)];
}

/** A P-256 key. OpenSSL's signatures are others every time; these take their k from key and data. */
export function p256Key(sentence: string): SealSigner {
  const secret = toNumber(digest(sentence)) % order;
  const [x, y] = pointOf(secret).map((part) => part.toString("base64url"));
  const d = toOctets(secret).toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", d, x: x ?? "", y: y ?? "" };
  const signer = nodeSigner(createPrivateKey({ key: jwk, format: "jwk" }));
  if (signer === null || !isSealSigner(signer)) {
    throw new Error("P-256 seals");
  }
  return {
    ...signer,
    sign(data) {
      const k = toNumber(digest(sentence, "\0", data)) % order;
      const r = toNumber(pointOf(k)[0]) % order;
      const s = (inverse(k) * (toNumber(digest(data)) + r * secret)) % order;
      return Buffer.concat([toOctets(r), toOctets(s)]);
    },
  };
}
