import { describe, expect, test } from "vitest";
import { cipherFacts, cipherWords, ianaCipherName, opensslCipherName } from "../../../shared/tls/ciphers.ts";
import { gradeTls, tlsWords, type TlsGrade } from "../../../shared/tls/grade.ts";
import { ianaGroupName, isPostQuantum } from "../../../shared/tls/groups.ts";
import { tlsVersion, tlsVersionAtLeast, tlsVersionWords } from "../../../shared/tls/versions.ts";
import { hasVectors, readVectors } from "../vectors.ts";

const file = "tls-ciphers/tls-cipher-names.csv";

test.skipIf(!hasVectors(file))("all 158 pairs, both ways (left out where ../shared/vectors is absent)", () => {
  const pairs = readVectors(file)
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  expect(pairs).toHaveLength(158);
  for (const [iana = "", openssl = ""] of pairs) {
    expect(ianaCipherName(openssl)).toBe(iana);
    expect(ianaCipherName(iana)).toBe(iana);
    expect(opensslCipherName(iana)).toBe(openssl);
    expect(cipherFacts(iana)).not.toBeNull();
  }
});

describe("cipher suites", () => {
  const rows: { name: string; iana: string | null; words: string | null }[] = [
    { name: "ECDHE-RSA-AES256-GCM-SHA384", iana: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", words: "AES-256-GCM" },
    { name: "TLS_AES_128_GCM_SHA256", iana: "TLS_AES_128_GCM_SHA256", words: "AES-128-GCM" },
    { name: "TLS13_AES_256_GCM_SHA384", iana: "TLS_AES_256_GCM_SHA384", words: "AES-256-GCM" },
    { name: "ECDHE_RSA_AES_128_GCM_SHA256", iana: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", words: "AES-128-GCM" },
    { name: "TLS_CHACHA20_POLY1305_SHA256", iana: "TLS_CHACHA20_POLY1305_SHA256", words: "ChaCha20-Poly1305" },
    { name: "AES256-SHA", iana: "TLS_RSA_WITH_AES_256_CBC_SHA", words: "AES-256-CBC" },
    { name: "AES128-CCM8", iana: "TLS_RSA_WITH_AES_128_CCM_8", words: "AES-128-CCM-8" },
    { name: "DHE-RSA-CAMELLIA256-SHA", iana: "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA", words: "Camellia-256-CBC" },
    { name: "DES-CBC3-SHA", iana: "TLS_RSA_WITH_3DES_EDE_CBC_SHA", words: "3DES" },
    { name: "RC4-MD5", iana: "TLS_RSA_WITH_RC4_128_MD5", words: "RC4" },
    { name: "ECDHE-RSA-NULL-SHA", iana: "TLS_ECDHE_RSA_WITH_NULL_SHA", words: null },
    { name: "OTHER", iana: null, words: null },
    { name: "__proto__", iana: null, words: null },
  ];
  test.each(rows)("$name", ({ name, iana, words }) => {
    expect(ianaCipherName(name)).toBe(iana);
    expect(cipherWords(name)).toBe(words);
  });
});

describe("versions", () => {
  const rows: { name: string; want: string | null; words: string | null }[] = [
    { name: "TLSv1.3", want: "TLSv1.3", words: "TLS 1.3" },
    { name: "TLS1_3", want: "TLSv1.3", words: "TLS 1.3" },
    { name: "tls1.2", want: "TLSv1.2", words: "TLS 1.2" },
    { name: "TLS13", want: "TLSv1.3", words: "TLS 1.3" },
    { name: "TLSv1", want: "TLSv1.0", words: "TLS 1.0" },
    { name: "TLSv1/SSLv3", want: "TLSv1.0", words: "TLS 1.0" },
    { name: "SSLv3", want: "SSLv3", words: "SSL 3" },
    { name: "TLSv1.4", want: null, words: null },
    { name: "TLS", want: null, words: null },
    { name: "SSLv", want: null, words: null },
    { name: "TLSv1.3\n", want: null, words: null },
  ];
  test.each(rows)("$name", ({ name, want, words }) => {
    expect(tlsVersion(name)).toBe(want);
    expect(tlsVersionWords(name)).toBe(words);
  });

  test("newer or the same", () => {
    expect(tlsVersionAtLeast("TLSv1.3", "1.2")).toBe(true);
    expect(tlsVersionAtLeast("TLSv1.2", "1.2")).toBe(true);
    expect(tlsVersionAtLeast("TLSv1.2", "1.3")).toBe(false);
    expect(tlsVersionAtLeast("TLSv9", "1.2")).toBe(false);
    expect(tlsVersionAtLeast(null, "1.2")).toBe(false);
  });
});

describe("groups", () => {
  test.each([
    { name: "P-256", want: "secp256r1" },
    { name: "prime256v1", want: "secp256r1" },
    { name: "X25519", want: "x25519" },
    { name: "x25519mlkem768", want: "X25519MLKEM768" },
    { name: "K-163", want: null },
  ])("$name", ({ name, want }) => {
    expect(ianaGroupName(name)).toBe(want);
  });
  test("post-quantum only where ML-KEM takes part", () => {
    expect(isPostQuantum("X25519MLKEM768")).toBe(true);
    expect(isPostQuantum("X25519")).toBe(false);
    expect(isPostQuantum("unknown")).toBe(false);
  });
});

describe("grades", () => {
  const rows: { version: string | null; cipher: string | null; want: TlsGrade | null; words: string | null }[] = [
    { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", want: "strong", words: "TLS 1.3 · AES-256-GCM" },
    { version: "TLSv1.3", cipher: null, want: "strong", words: "TLS 1.3" },
    { version: "TLSv1.2", cipher: "ECDHE-RSA-AES128-GCM-SHA256", want: "strong", words: "TLS 1.2 · AES-128-GCM" },
    { version: "TLSv1.2", cipher: "ECDHE-RSA-AES128-SHA", want: "fair", words: "TLS 1.2 · AES-128-CBC" },
    { version: "TLSv1.2", cipher: "AES256-GCM-SHA384", want: "fair", words: "TLS 1.2 · AES-256-GCM" },
    { version: "TLSv1.2", cipher: null, want: "fair", words: "TLS 1.2" },
    { version: "TLSv1.2", cipher: "made up", want: "fair", words: "TLS 1.2" },
    { version: "TLSv1.1", cipher: "ECDHE-RSA-AES128-SHA", want: "weak", words: "TLS 1.1 · AES-128-CBC" },
    { version: "TLSv1.2", cipher: "RC4-SHA", want: "weak", words: "TLS 1.2 · RC4" },
    { version: "TLSv1.2", cipher: "ECDHE-RSA-NULL-SHA", want: "none", words: "TLS 1.2" },
    { version: null, cipher: "DHE-RSA-AES256-GCM-SHA384", want: "fair", words: "AES-256-GCM" },
    { version: null, cipher: null, want: null, words: null },
    { version: "made up", cipher: "made up", want: null, words: null },
  ];
  test.each(rows)("$version $cipher", ({ version, cipher, want, words }) => {
    expect(gradeTls(version, cipher)).toBe(want);
    expect(tlsWords(version, cipher)).toBe(words);
  });
});
