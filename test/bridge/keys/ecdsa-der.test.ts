// ECDSA's two forms, against OpenSSL's own conversion.
import { generateKeyPairSync, sign, verify } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { derFromP1363, p1363FromDer } from "../../../bridge/keys/ecdsa-der.ts";

const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });

describe("ECDSA signatures", () => {
  test("convert there and back, for all r and s", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.nat(40), (bytes, zeros) => {
        const signature = bytes.fill(0, 0, Math.min(zeros, 31));
        const der = derFromP1363(signature);
        expect(der === null ? null : p1363FromDer(der)).toEqual(signature);
      }),
    );
  });

  test("are what OpenSSL makes and takes", () => {
    for (let round = 0; round < 300; round += 1) {
      const data = Buffer.from(`message ${round}`);
      const p1363 = sign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" });
      const der = derFromP1363(p1363);
      expect(der !== null && verify("sha256", data, publicKey, der)).toBe(true);
      const signed = p1363FromDer(sign("sha256", data, privateKey));
      expect(verify("sha256", data, { key: publicKey, dsaEncoding: "ieee-p1363" }, signed)).toBe(true);
    }
  });

  test.each([0, 63, 65])("of %i octets are none", (length) => {
    expect(derFromP1363(new Uint8Array(length))).toBe(null);
  });

  test("only sequences of two numbers are read", () => {
    expect(() => p1363FromDer(Uint8Array.of(0x30, 2, 5, 0))).toThrow("not an ECDSA signature");
  });
});
