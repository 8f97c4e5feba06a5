// The worked example verifies: by our code, and by openssl over the octets that the document says are signed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { derFromP1363 } from "../../bridge/keys/ecdsa-der.ts";
import { bytesFromString } from "../../shared/encoding/bytes.ts";
import { splitMessage } from "../../shared/header/split.ts";
import { parseBridgeKeys } from "../../shared/hop/keys.ts";
import { verifyHops } from "../../shared/hop/verify.ts";
import { verifyDeclaration } from "../../shared/ipp/verify.ts";
import { parseCertificate } from "../../shared/x509/certificate.ts";
import { parsePem } from "../../shared/x509/pem.ts";
import { bodyHashOf, makeDirectory, must, testCrypto } from "../fakes/mail.ts";
import { makeExample } from "./example.ts";

const example = await makeExample();

/** Runs the openssl command over these files, named in its arguments. */
function opensslTakes(files: Readonly<Record<string, Uint8Array>>, args: readonly string[]): boolean {
  const folder = mkdtempSync(join(tmpdir(), "waybill-example-"));
  try {
    for (const [name, octets] of Object.entries(files)) writeFileSync(join(folder, name), octets);
    return spawnSync("openssl", args, { cwd: folder }).status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Ed25519 over SHA-256(data) (RFC 8463 section 3). */
function signedHolds({ data, signature, spki }: (typeof example)["signed"]): boolean {
  const digest = createHash("sha256").update(bytesFromString(data)).digest();
  const args = "pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in digest -sigfile signature".split(" ");
  return opensslTakes({ key: spki, digest, signature }, args);
}

/** ECDSA over data. */
function sealedHolds({ data, signature, spki }: (typeof example)["sealed"]): boolean {
  const der = derFromP1363(signature) ?? new Uint8Array();
  const args = "dgst -sha256 -keyform DER -verify key -signature signature data".split(" ");
  return opensslTakes({ key: spki, data: bytesFromString(data), signature: der }, args);
}

describe("the worked example", () => {
  test("is the same every time", async () => {
    expect(await makeExample()).toEqual(example);
  });

  test("verifies by our code", async () => {
    const mail = must(splitMessage(bytesFromString(example.raw)));
    const [der] = must(parsePem(example.certificate));
    const leaf = must(parseCertificate(der ?? new Uint8Array()));
    const records = { "example.org": example.zone.names["_ipp.example.org"]?.txt ?? [] };
    const sources = {
      ...makeDirectory({ records, dnssec: "secure" }),
      certificates: () => ({ ok: true, value: [{ leaf, chain: [leaf.der] }] }) as const,
    };
    const input = {
      fields: mail.fields,
      bodyHash: bodyHashOf(mail),
      hidesPartEnds: false,
      recipients: [example.recipient],
      now: example.now,
    };
    expect(must(await verifyDeclaration(input, sources))).toMatchObject({ result: "pass", dnssec: "secure" });
    const keys = must(await parseBridgeKeys({ keys: example.keys }, testCrypto));
    const hops = { fields: mail.fields, body: { octets: mail.body }, domains: ["example.net"], crypto: testCrypto };
    expect(must(await verifyHops({ ...hops, keys: () => keys }))).toMatchObject({
      verified: [{ body: "same" }],
      forged: [],
    });
  });

  test("verifies by openssl, over the octets it says are signed and sealed", () => {
    expect(signedHolds(example.signed)).toBe(true);
    expect(sealedHolds(example.sealed)).toBe(true);
    expect(signedHolds({ ...example.signed, data: `${example.signed.data} ` })).toBe(false);
    expect(sealedHolds({ ...example.sealed, data: `${example.sealed.data} ` })).toBe(false);
  });
});
