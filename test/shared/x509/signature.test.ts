// Signatures: each scheme against node:crypto, and what is refused.
import { constants, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { DerReader } from "../../../shared/x509/der.ts";
import { type PublicKey, readPublicKey } from "../../../shared/x509/key.ts";
import { signatureScheme, verifySignature } from "../../../shared/x509/signature.ts";
import * as der from "./der-writer.ts";

const tbs = der.utf8("to be signed");
const nothing = der.value(0x05);

function publicKey(spki: Uint8Array): PublicKey {
  return readPublicKey(new DerReader(spki));
}

const pairs = {
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  p256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  p384: generateKeyPairSync("ec", { namedCurve: "P-384" }),
  p521: generateKeyPairSync("ec", { namedCurve: "P-521" }),
  ed25519: generateKeyPairSync("ed25519"),
  secp256k1: generateKeyPairSync("ec", { namedCurve: "secp256k1" }),
  explicit: generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" }),
};
type Pair = keyof typeof pairs;

const keyOf = (pair: Pair): PublicKey =>
  publicKey(Uint8Array.from(pairs[pair].publicKey.export({ type: "spki", format: "der" })));

const oids = {
  md5: "1.2.840.113549.1.1.4",
  sha1: "1.2.840.113549.1.1.5",
  rsa256: "1.2.840.113549.1.1.11",
  rsa384: "1.2.840.113549.1.1.12",
  rsa512: "1.2.840.113549.1.1.13",
  pss: "1.2.840.113549.1.1.10",
  ecdsa1: "1.2.840.10045.4.1",
  ecdsa256: "1.2.840.10045.4.3.2",
  ecdsa384: "1.2.840.10045.4.3.3",
  ecdsa512: "1.2.840.10045.4.3.4",
  ed25519: "1.3.101.112",
};
const sha256 = "2.16.840.1.101.3.4.2.1";
const sha384 = "2.16.840.1.101.3.4.2.2";

function pss(hash: string, mask: string, salt: number | null): Uint8Array {
  const algorithm = (type: string): Uint8Array => der.sequence(der.oid(type), nothing);
  return der.sequence(
    der.explicit(0, algorithm(hash)),
    der.explicit(1, der.sequence(der.oid("1.2.840.113549.1.1.8"), algorithm(mask))),
    ...(salt === null ? [] : [der.explicit(2, der.integer(salt))]),
  );
}

interface Row {
  readonly name: string;
  readonly pair: Pair;
  readonly oid: string;
  readonly parameters?: Uint8Array;
  readonly hash: string | null;
  readonly salt?: number;
  readonly want: boolean;
}

const rows: readonly Row[] = [
  { name: "RSA SHA-256", pair: "rsa", oid: oids.rsa256, parameters: nothing, hash: "sha256", want: true },
  { name: "RSA SHA-384", pair: "rsa", oid: oids.rsa384, parameters: nothing, hash: "sha384", want: true },
  { name: "RSA SHA-512", pair: "rsa", oid: oids.rsa512, parameters: nothing, hash: "sha512", want: true },
  { name: "RSA without its NULL", pair: "rsa", oid: oids.rsa256, hash: "sha256", want: true },
  {
    name: "RSA with other parameters",
    pair: "rsa",
    oid: oids.rsa256,
    parameters: der.integer(0),
    hash: "sha256",
    want: false,
  },
  { name: "RSA SHA-1", pair: "rsa", oid: oids.sha1, parameters: nothing, hash: "sha1", want: false },
  { name: "RSA MD5", pair: "rsa", oid: oids.md5, parameters: nothing, hash: "md5", want: false },
  {
    name: "RSA-PSS",
    pair: "rsa",
    oid: oids.pss,
    parameters: pss(sha256, sha256, 32),
    hash: "sha256",
    salt: 32,
    want: true,
  },
  {
    name: "RSA-PSS SHA-384, short salt",
    pair: "rsa",
    oid: oids.pss,
    parameters: pss(sha384, sha384, 10),
    hash: "sha384",
    salt: 10,
    want: true,
  },
  {
    name: "RSA-PSS, default salt",
    pair: "rsa",
    oid: oids.pss,
    parameters: pss(sha256, sha256, null),
    hash: "sha256",
    salt: 20,
    want: true,
  },
  {
    name: "RSA-PSS with two hashes",
    pair: "rsa",
    oid: oids.pss,
    parameters: pss(sha256, sha384, 32),
    hash: "sha256",
    salt: 32,
    want: false,
  },
  {
    name: "RSA-PSS SHA-1 by default",
    pair: "rsa",
    oid: oids.pss,
    parameters: der.sequence(),
    hash: "sha1",
    salt: 20,
    want: false,
  },
  { name: "RSA-PSS without parameters", pair: "rsa", oid: oids.pss, hash: "sha256", salt: 32, want: false },
  { name: "ECDSA P-256", pair: "p256", oid: oids.ecdsa256, hash: "sha256", want: true },
  { name: "ECDSA P-256 with SHA-512", pair: "p256", oid: oids.ecdsa512, hash: "sha512", want: true },
  { name: "ECDSA P-384", pair: "p384", oid: oids.ecdsa384, hash: "sha384", want: true },
  { name: "ECDSA P-521", pair: "p521", oid: oids.ecdsa512, hash: "sha512", want: true },
  { name: "ECDSA with parameters", pair: "p256", oid: oids.ecdsa256, parameters: nothing, hash: "sha256", want: false },
  { name: "ECDSA SHA-1", pair: "p256", oid: oids.ecdsa1, hash: "sha1", want: false },
  { name: "ECDSA on another curve", pair: "secp256k1", oid: oids.ecdsa256, hash: "sha256", want: false },
  { name: "ECDSA on a curve spelled out", pair: "explicit", oid: oids.ecdsa256, hash: "sha256", want: false },
  { name: "Ed25519", pair: "ed25519", oid: oids.ed25519, hash: null, want: true },
  { name: "Ed25519 with parameters", pair: "ed25519", oid: oids.ed25519, parameters: nothing, hash: null, want: false },
  { name: "an algorithm of another key", pair: "rsa", oid: oids.ecdsa256, hash: "sha256", want: false },
  { name: "Ed25519 named for an ECDSA key", pair: "p256", oid: oids.ed25519, hash: "sha256", want: false },
];

function made({ pair, oid, parameters, hash, salt }: Row) {
  const key = pairs[pair].privateKey;
  const padding = salt === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: salt };
  return {
    tbs,
    signatureAlgorithm: der.sequence(der.oid(oid), ...(parameters === undefined ? [] : [parameters])),
    signature: Uint8Array.from(sign(hash, tbs, { key, ...padding })),
  };
}

describe("schemes", () => {
  test.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
    const signed = made(row);
    const key = keyOf(row.pair);
    expect(await verifySignature(key, signed)).toBe(row.want);
    if (!row.want) return;
    expect(await verifySignature(key, { ...signed, tbs: der.utf8("to be signeD") })).toBe(false);
    const flipped = Uint8Array.from(signed.signature, (octet, index) => (index === 20 ? octet ^ 1 : octet));
    expect(await verifySignature(key, { ...signed, signature: flipped })).toBe(false);
  });

  test("algorithm identifiers that are no DER", () => {
    for (const octets of [new Uint8Array(), Uint8Array.of(0x30, 0x80), der.sequence(), der.integer(1)])
      expect(signatureScheme(octets, "p256")).toBeNull();
  });
});

describe("ECDSA signatures (RFC 3279 section 2.2.3)", () => {
  const key = keyOf("p256");
  const algorithm = der.sequence(der.oid(oids.ecdsa256));
  const sound = Uint8Array.from(sign("sha256", tbs, pairs.p256.privateKey));

  test.each([
    ["empty", new Uint8Array()],
    [
      "r ‖ s instead of DER",
      Uint8Array.from(sign("sha256", tbs, { key: pairs.p256.privateKey, dsaEncoding: "ieee-p1363" })),
    ],
    ["octets after it", Uint8Array.from([...sound, 0])],
    ["r and s of 0", der.sequence(der.integer(0), der.integer(0))],
    ["negative r", der.sequence(der.integer(Uint8Array.of(0xff)), der.integer(1))],
    ["r longer than the curve", der.sequence(der.integer(new Uint8Array(40).fill(1)), der.integer(1))],
    ["a third number", der.sequence(der.integer(1), der.integer(1), der.integer(1))],
  ])("refused: %s", async (_name, signature) => {
    expect(await verifySignature(key, { tbs, signatureAlgorithm: algorithm, signature })).toBe(false);
  });
});

describe("keys", () => {
  test.each<[Pair, string, number | null]>([
    ["rsa", "rsa", 2048],
    ["p256", "p256", null],
    ["p384", "p384", null],
    ["p521", "p521", null],
    ["ed25519", "ed25519", null],
    ["secp256k1", "other", null],
    ["explicit", "other", null],
  ])("%s", (pair, keyType, rsaBits) => expect(keyOf(pair)).toMatchObject({ keyType, rsaBits }));

  const rsa = (modulus: Uint8Array, exponent: Uint8Array): Uint8Array =>
    der.sequence(
      der.sequence(der.oid("1.2.840.113549.1.1.1"), nothing),
      der.bits(der.sequence(der.integer(modulus), der.integer(exponent))),
    );
  const modulus = Uint8Array.of(0, ...new Uint8Array(256).fill(0xff));

  test.each([
    ["exponent 65537", rsa(modulus, Uint8Array.of(1, 0, 1)), 2048],
    ["a modulus of 2,047 bits", rsa(new Uint8Array(256).fill(0x7f), Uint8Array.of(3)), 2047],
    ["exponent 1", rsa(modulus, Uint8Array.of(1)), null],
    ["an even exponent", rsa(modulus, Uint8Array.of(2)), null],
    ["a negative modulus", rsa(new Uint8Array(256).fill(0xff), Uint8Array.of(3)), null],
  ])("RSA with %s", (_name, spki, bits) => expect(publicKey(spki).rsaBits).toBe(bits));

  test("an uncompressed point only", () => {
    const point = der.sequence(
      der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7")),
      der.bits(Uint8Array.of(2, ...new Uint8Array(32))),
    );
    expect(publicKey(point).keyType).toBe("other");
  });
});
