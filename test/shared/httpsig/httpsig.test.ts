import { sign } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateKey } from "../../../bridge/keys/key-file.ts";
import { nodeCrypto, nodeSigner } from "../../../bridge/keys/node-crypto.ts";
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import { fromBase64, toBase64Url } from "../../../shared/encoding/base64.ts";
import { encodeUtf8 } from "../../../shared/encoding/bytes.ts";
import { isSealSigner } from "../../../shared/hop/key-types.ts";
import { signatureBase } from "../../../shared/httpsig/base.ts";
import { checkContentDigest, formatContentDigest } from "../../../shared/httpsig/digest.ts";
import { httpAlgorithms } from "../../../shared/httpsig/algorithms.ts";
import {
  parseReportKeyId,
  signReport,
  verifyReport,
  type ReceivedReport,
  type ReportSigner,
} from "../../../shared/httpsig/report-signature.ts";
import { formatDictionary, parseDictionary } from "../../../shared/httpsig/structured.ts";
import { ok, perm } from "../../../shared/result.ts";

describe("RFC 9421 appendix B.2.6, Ed25519", () => {
  // Appendix B.1.4, test-key-ed25519.
  const spki = fromBase64("MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=") ?? new Uint8Array();
  const input =
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
  const signature =
    "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";
  const fields = new Map([
    ["date", "Tue, 20 Apr 2021 02:07:55 GMT"],
    ["content-type", "application/json"],
    ["content-length", "18"],
  ]);
  const request = {
    method: "POST",
    targetUri: "https://example.com/foo?param=Value&Pet=dog",
    field: (name: string) => fields.get(name) ?? null,
  };
  const want = `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`;

  test("the signature base is the example's, and the signature verifies", async () => {
    const member = parseDictionary(input);
    const bytes = parseDictionary(signature);
    if (!member.ok || !bytes.ok) throw new Error("the example does not parse");
    const list = member.value.get("sig-b26");
    const value = bytes.value.get("sig-b26");
    if (list?.kind !== "strings" || value?.kind !== "bytes") throw new Error("the example reads otherwise");
    const base = signatureBase(request, list.strings, list.parameters);
    expect(base).toEqual(ok(want));
    const { verify } = httpAlgorithms["ed25519-sha256"];
    expect(await verify(encodeUtf8(want), value.bytes, spki, webCrypto)).toBe(true);
    expect(await verify(encodeUtf8(`${want} `), value.bytes, spki, webCrypto)).toBe(false);
    expect(await verify(encodeUtf8(want), value.bytes, new Uint8Array(3), webCrypto)).toBe(false);
  });
});

test.each([
  { name: "WebCrypto", crypto: webCrypto },
  { name: "node:crypto", crypto: nodeCrypto() },
])("RFC 9421 appendix B.2.4, ECDSA of P-256, by $name", async ({ crypto }) => {
  // Appendix B.1.3, test-key-ecc-p256.
  const key =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==";
  const spki = fromBase64(key) ?? new Uint8Array();
  const base = `"@status": 200
"content-type": application/json
"content-digest": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:
"content-length": 23
"@signature-params": ("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"`;
  const signature =
    fromBase64("wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==") ??
    new Uint8Array();
  const { verify } = httpAlgorithms["ecdsa-p256-sha256"];
  expect(await verify(encodeUtf8(base), signature, spki, crypto)).toBe(true);
  expect(await verify(encodeUtf8(`${base} `), signature, spki, crypto)).toBe(false);
  expect(await verify(encodeUtf8(base), signature, new Uint8Array(3), crypto)).toBe(false);
});

test("RFC 9530 appendix D: the digest of the example's body", async () => {
  // Appendix B.1 of RFC 9530: {"hello": "world"} and a line feed.
  const body = encodeUtf8('{"hello": "world"}\n');
  const value = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
  expect(await formatContentDigest(body, webCrypto)).toBe(value);
  expect((await checkContentDigest(value, body, webCrypto)).ok).toBe(true);
  expect((await checkContentDigest(`md5=:AAAA:, ${value}`, body, webCrypto)).ok).toBe(true);
  expect((await checkContentDigest(value, encodeUtf8("{}"), webCrypto)).ok).toBe(false);
  expect((await checkContentDigest("md5=:AAAA:", body, webCrypto)).ok).toBe(false);
});

describe("structured fields", () => {
  const refused = [
    "",
    "a",
    "a=",
    "A=:AA==:",
    'a=("b"',
    'a=("b""c")',
    'a=("b";sf)',
    "a=:A:",
    "a=:AA==:,",
    "a=:AA==:, a=:AA==:",
    "a=();b=1;b=2",
    "a=();b=1.5",
    'a=("é")',
    "a=1",
    'a=("b")\n',
  ];
  test.each(refused)("refuses %j", (text) => {
    expect(parseDictionary(text).ok).toBe(false);
  });

  test("what is read is written as it was", () => {
    const text = 'a=("x" "@y");i=-5;s="a \\"b\\" \\\\";t=tok/en;y;n=?0;z=:AQI=:, b=:AQI=:;p=1, c=()';
    const parsed = parseDictionary(` ${text} `);
    expect(parsed.ok && formatDictionary(parsed.value)).toBe(text);
  });

  test("spaces cost what they are long", () => {
    const started = process.threadCpuUsage();
    for (let i = 0; i < 100; i += 1) parseDictionary(`a${" ".repeat(8_000)}b`);
    expect(process.threadCpuUsage(started).user).toBeLessThan(500_000);
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary-ascii" }), (text) => void parseDictionary(text)));
    const pieces = fc.constantFrom(...'a,=,(,),",;,:,AQI=,?1, ,1,\\,,,tok'.split(","));
    fc.assert(fc.property(fc.array(pieces), (parts) => void parseDictionary(parts.join(""))));
  });
});

test.each([
  { text: `bridge.example/${"A".repeat(43)}`, want: true },
  { text: `BRIDGE.example/${"A".repeat(43)}`, want: false },
  { text: `bridge.example/${"A".repeat(42)}`, want: false },
  { text: `bridge.example/${"A".repeat(43)}/x`, want: false },
  { text: `/${"A".repeat(43)}`, want: false },
  { text: "bridge.example", want: false },
])("keyid $text: $want", ({ text, want }) => {
  expect(parseReportKeyId(text) !== null).toBe(want);
});

/** A key, and what signs reports by it under one name of a key, whatever the key. */
function reporter(kind: "p256" | "ed25519"): ReportSigner & { readonly spki: Uint8Array } {
  const key = generateKey(kind);
  const made = nodeSigner(key);
  if (made === null || !isSealSigner(made)) throw new Error("either kind seals");
  const octets = (base: Uint8Array): Uint8Array => sign(null, base, key);
  const named = { ...made, domain: "example.net", keyId: toBase64Url(new Uint8Array(32).fill(7)) };
  return kind === "ed25519" ? { ...named, sign: octets } : named;
}

describe.each(["p256", "ed25519"] as const)("reports by a key of kind %s", (kind) => {
  const now = 1_795_352_531;
  const signer = reporter(kind);
  const other = reporter(kind === "p256" ? "ed25519" : "p256");
  const { keyId } = signer;
  const targetUri = "https://ipp.bank.example/ipp/bank.example/billing.report/AQ/misrepresented";
  const body = encodeUtf8('{"x":1}');
  const request = {
    method: "POST",
    targetUri,
    contentType: "application/json",
    body,
    created: now,
    nonce: "n".repeat(22),
  };

  async function signed(by: ReportSigner = signer): Promise<Map<string, string>> {
    const fields = await signReport(request, by, webCrypto);
    return new Map([["content-type", "application/json"], ...Object.entries(fields)]);
  }
  function received(fields: ReadonlyMap<string, string>, changes: Partial<ReceivedReport> = {}): ReceivedReport {
    return { method: "POST", targetUri, body, field: (name) => fields.get(name) ?? null, ...changes };
  }
  const keys = (id: { domain: string; keyId: string }) =>
    id.domain === "example.net" && id.keyId === keyId ? ok(signer.spki) : perm("test/no-key", "unknown");

  test("one that was signed verifies", async () => {
    const verified = await verifyReport(received(await signed()), now + 60, keys, webCrypto);
    expect(verified).toEqual(
      ok({ domain: "example.net", keyId, nonce: "n".repeat(22), created: now, expires: now + 600 }),
    );
  });

  const wrong: {
    name: string;
    change: (fields: Map<string, string>) => Partial<ReceivedReport> | void;
    at?: number;
    want: string;
  }[] = [
    { name: "another body", change: () => ({ body: encodeUtf8('{"x":2}') }), want: "httpsig/digest" },
    { name: "another target", change: () => ({ targetUri: `${targetUri}x` }), want: "httpsig/signature" },
    {
      name: "another host",
      change: () => ({ targetUri: targetUri.replace("ipp.bank", "ipp.other") }),
      want: "httpsig/signature",
    },
    { name: "another method", change: () => ({ method: "PUT" }), want: "httpsig/signature" },
    {
      name: "another content type",
      change: (fields) => void fields.set("content-type", "text/plain"),
      want: "httpsig/signature",
    },
    { name: "no content type", change: (fields) => void fields.delete("content-type"), want: "httpsig/component" },
    { name: "no signature", change: (fields) => void fields.delete("signature"), want: "httpsig/field" },
    { name: "no Signature-Input", change: (fields) => void fields.delete("signature-input"), want: "httpsig/field" },
    {
      name: "another label",
      change: (fields) => void fields.set("signature", (fields.get("signature") ?? "").replace("ipp=", "other=")),
      want: "httpsig/signatures",
    },
    {
      name: "another tag",
      change: (fields) =>
        void fields.set("signature-input", (fields.get("signature-input") ?? "").replace("ipp-report", "other")),
      want: "httpsig/signatures",
    },
    {
      name: "two of our tag",
      change: (fields) =>
        void fields.set("signature-input", `${fields.get("signature-input")}, b${fields.get("signature-input")}`),
      want: "httpsig/signatures",
    },
    {
      name: "a component left out",
      change: (fields) =>
        void fields.set("signature-input", (fields.get("signature-input") ?? "").replace(' "content-digest"', "")),
      want: "httpsig/component",
    },
    {
      name: "no nonce",
      change: (fields) =>
        void fields.set("signature-input", (fields.get("signature-input") ?? "").replace(/;nonce="n+"/, "")),
      want: "httpsig/parameters",
    },
    {
      name: "another algorithm",
      change: (fields) =>
        void fields.set(
          "signature-input",
          (fields.get("signature-input") ?? "").replace(/alg="[^"]+"/, 'alg="hmac-sha256"'),
        ),
      want: "httpsig/parameters",
    },
    {
      name: "a longer life",
      change: (fields) =>
        void fields.set(
          "signature-input",
          (fields.get("signature-input") ?? "").replace(`expires=${now + 600}`, `expires=${now + 9_000}`),
        ),
      want: "httpsig/time",
    },
    {
      name: "a key nobody has",
      change: (fields) =>
        void fields.set(
          "signature-input",
          (fields.get("signature-input") ?? "").replace("example.net/", "example.org/"),
        ),
      want: "test/no-key",
    },
    { name: "too late", change: () => undefined, at: now + 901, want: "httpsig/time" },
    { name: "too early", change: () => undefined, at: now - 301, want: "httpsig/time" },
  ];
  test.each(wrong)("$name", async ({ change, at, want }) => {
    const fields = await signed();
    const changes = change(fields) ?? {};
    const verified = await verifyReport(received(fields, changes), at ?? now, keys, webCrypto);
    expect(verified.ok ? null : verified.code).toBe(want);
  });

  test.each([
    { name: "another's key", spki: reporter(kind).spki, want: "httpsig/signature" },
    { name: "a key of the other kind", spki: other.spki, want: "httpsig/key-type" },
    { name: "no key", spki: new Uint8Array(91), want: "httpsig/key-type" },
  ])("$name verifies nothing", async ({ spki, want }) => {
    const verified = await verifyReport(received(await signed()), now, () => ok(spki), webCrypto);
    expect(verified.ok ? null : verified.code).toBe(want);
  });

  test("a signature that calls itself one of the other kind is none", async () => {
    const fields = await signed({ ...signer, algorithm: other.algorithm });
    expect(await verifyReport(received(fields), now, keys, webCrypto)).toMatchObject({ code: "httpsig/key-type" });
  });

  test("without alg the key decides (RFC 9421 section 3.2)", async () => {
    const bare = (text: string): string => text.replace(/;alg="[^"]+"/, "");
    const withoutAlg = (by: ReportSigner): ReportSigner => ({
      ...by,
      sign: (base) => by.sign(encodeUtf8(bare(new TextDecoder().decode(base)))),
    });
    for (const [by, want] of [
      [signer, null],
      [other, "httpsig/signature"],
    ] as const) {
      const fields = await signed(withoutAlg(by));
      fields.set("signature-input", bare(fields.get("signature-input") ?? ""));
      const verified = await verifyReport(received(fields), now, keys, webCrypto);
      expect(verified.ok ? null : verified.code).toBe(want);
    }
  });
});
