// Both implementations of the primitives, by published vectors and against each other.
import { describe, expect, test } from "vitest";
import { generateKey } from "../../../bridge/keys/key-file.ts";
import { nodeCrypto, nodeSigner } from "../../../bridge/keys/node-crypto.ts";
import { toHex } from "../../../shared/encoding/hex.ts";
import type { Crypto, SignatureAlgorithm } from "../../../shared/crypto/crypto.ts";
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const implementations: readonly { readonly name: string; readonly crypto: Crypto }[] = [
  { name: "WebCrypto", crypto: webCrypto },
  { name: "node:crypto", crypto: nodeCrypto() },
];
const signers = (["p256", "ed25519", "rsa2048"] as const).map((kind) => {
  const signer = nodeSigner(generateKey(kind));
  if (signer === null) {
    throw new Error(`${kind} signs`);
  }
  return { kind, signer };
});

describe.each(implementations)("$name", ({ crypto }) => {
  test("SHA-256 of abc (FIPS 180-2 appendix B.1)", async () => {
    expect(toHex(await crypto.digest(text("abc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  test("HMAC-SHA-256 (RFC 4231 section 4.3, test case 2)", async () => {
    expect(toHex(await crypto.hmac(text("Jefe"), text("what do ya want for nothing?")))).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });

  test("Ed25519 signs the digest (RFC 8463 section 3), with the key of RFC 8032 section 7.1, test 3", async () => {
    // The signature of RFC 8032 is over the message itself, so over a message whose digest nobody knows it must not verify.
    const spki = Buffer.from(
      "302a300506032b6570032100fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      "hex",
    );
    const signature = Buffer.from(
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
      "hex",
    );
    expect(await crypto.verify("ed25519-sha256", spki, Uint8Array.of(0xaf, 0x82), signature)).toBe(false);
  });

  test.each(signers)("verifies $kind, and nothing else with it", async ({ signer }) => {
    const data = text("data");
    const signature = new Uint8Array(await signer.sign(data));
    const verify = async (algorithm: SignatureAlgorithm, spki: Uint8Array, octets: Uint8Array, seal: Uint8Array) =>
      await crypto.verify(algorithm, spki, octets, seal);
    expect(await verify(signer.algorithm, signer.spki, data, signature)).toBe(true);
    expect(await verify(signer.algorithm, signer.spki, text("date"), signature)).toBe(false);
    expect(await verify(signer.algorithm, signer.spki, data, signature.subarray(1))).toBe(false);
    expect(await verify(signer.algorithm, signer.spki, data, new Uint8Array())).toBe(false);
    expect(await verify(signer.algorithm, signer.spki.subarray(1), data, signature)).toBe(false);
    expect(await verify(signer.algorithm, new Uint8Array(), data, signature)).toBe(false);
    for (const other of signers) {
      if (other.signer !== signer) {
        expect(await verify(other.signer.algorithm, signer.spki, data, signature)).toBe(false);
        expect(await verify(signer.algorithm, other.signer.spki, data, signature)).toBe(false);
      }
    }
  });
});
