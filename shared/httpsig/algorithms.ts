// The signature algorithms of reports: one for each kind of bridge key. RFC 9421 sections 3.3.4 (ECDSA, P-256) and 3.3.6
// (Ed25519).
import type { Crypto } from "../crypto/crypto.ts";
import type { SealAlgorithm } from "../hop/key-types.ts";

/** Whether `signature` over `base` verifies under the key, a DER SubjectPublicKeyInfo. Malformed keys verify nothing. */
type Verify = (base: Uint8Array, signature: Uint8Array, spki: Uint8Array, crypto: Crypto) => Promise<boolean> | boolean;

/** `alg` (RFC 9421 section 6.2), and how what a key signed is verified, by what the key seals by. */
export const httpAlgorithms: Readonly<Record<SealAlgorithm, { readonly alg: string; readonly verify: Verify }>> = {
  "ecdsa-p256-sha256": {
    alg: "ecdsa-p256-sha256",
    verify: (base, signature, spki, crypto) => crypto.verify("ecdsa-p256-sha256", spki, base, signature),
  },
  "ed25519-sha256": { alg: "ed25519", verify: verifyEd25519 },
};

/**
 * Ed25519 over the octets themselves (RFC 8032, "PureEdDSA"), where seals sign their digest (RFC 8463). Over WebCrypto,
 * which Node and browsers both have: reports are rare.
 */
async function verifyEd25519(base: Uint8Array, signature: Uint8Array, spki: Uint8Array): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("spki", Uint8Array.from(spki), { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, key, Uint8Array.from(signature), Uint8Array.from(base));
  } catch {
    // WebCrypto's way to say that this is no key, or one of another type.
    return false;
  }
}
