// The primitives over WebCrypto: in browsers, add-ons, and wherever no faster one is injected.
import type { Crypto, SignatureAlgorithm } from "./crypto.ts";

type ImportParameters = { readonly name: string; readonly namedCurve?: string; readonly hash?: string };
type VerifyParameters = { readonly name: string; readonly hash?: string };

const parameters: Record<SignatureAlgorithm, { key: ImportParameters; use: VerifyParameters }> = {
  "ed25519-sha256": { key: { name: "Ed25519" }, use: { name: "Ed25519" } },
  "ecdsa-p256-sha256": {
    key: { name: "ECDSA", namedCurve: "P-256" },
    use: { name: "ECDSA", hash: "SHA-256" },
  },
  "rsa-sha256": {
    key: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    use: { name: "RSASSA-PKCS1-v1_5" },
  },
};

async function digest(data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data as Uint8Array<ArrayBuffer>));
}

async function hmac(key: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey(
    "raw",
    key as Uint8Array<ArrayBuffer>,
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data as Uint8Array<ArrayBuffer>));
}

async function verify(
  algorithm: SignatureAlgorithm,
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const { key: keyParameters, use } = parameters[algorithm];
  try {
    const key = await crypto.subtle.importKey("spki", spki as Uint8Array<ArrayBuffer>, keyParameters, false, [
      "verify",
    ]);
    const signed = algorithm === "ed25519-sha256" ? await digest(data) : data;
    return await crypto.subtle.verify(
      use,
      key,
      signature as Uint8Array<ArrayBuffer>,
      signed as Uint8Array<ArrayBuffer>,
    );
  } catch {
    // WebCrypto throws for a key it cannot import: malformed, or of another type. Neither verifies anything.
    return false;
  }
}

/** Crypto over the platform's WebCrypto (globalThis.crypto.subtle). */
export const webCrypto: Crypto = { digest, hmac, verify };
