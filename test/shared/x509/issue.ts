// Issues certificates and CRLs of any shape for tests, wrong ones above all. Keys come from a small pool.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import * as der from "./der-writer.ts";

/** A key pair with what certificates need of it. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
  readonly id: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly hash: string | null;
}

export type KeyKind = "p256" | "p384" | "ed25519" | "rsa" | "rsa1024";

const algorithms: Record<KeyKind, readonly [Uint8Array, string | null]> = {
  p256: [der.sequence(der.oid("1.2.840.10045.4.3.2")), "sha256"],
  p384: [der.sequence(der.oid("1.2.840.10045.4.3.3")), "sha384"],
  ed25519: [der.sequence(der.oid("1.3.101.112")), null],
  rsa: [der.sequence(der.oid("1.2.840.113549.1.1.11"), der.value(0x05)), "sha256"],
  rsa1024: [der.sequence(der.oid("1.2.840.113549.1.1.11"), der.value(0x05)), "sha256"],
};

function generate(kind: KeyKind): KeyObject {
  switch (kind) {
    case "p256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    case "p384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
    case "ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    case "rsa":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    case "rsa1024":
      return generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  }
}

const pool = new Map<string, TestKey>();

/** Key number so-and-so of its kind, made once. */
export function testKey(kind: KeyKind, index = 0): TestKey {
  const name = `${kind} ${index}`;
  const known = pool.get(name);
  if (known !== undefined) return known;
  const privateKey = createPrivateKey(generate(kind).export({ format: "pem", type: "pkcs8" }));
  const spki = Uint8Array.from(createPublicKey(privateKey).export({ format: "der", type: "spki" }));
  const id = Uint8Array.from(createHash("sha1").update(spki).digest());
  const [algorithm, hash] = algorithms[kind];
  const key = { privateKey, spki, id, algorithm, hash };
  pool.set(name, key);
  return key;
}

/** One attribute per entry: ["CN", "Alice"]; values UTF8String, emailAddress and DC IA5String. */
export type TestName = readonly (readonly [type: string, value: string])[];

const attributeTypes: Record<string, string> = {
  CN: "2.5.4.3",
  C: "2.5.4.6",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  DC: "0.9.2342.19200300.100.1.25",
  email: "1.2.840.113549.1.9.1",
};

/** Name. */
export function distinguishedName(name: TestName): Uint8Array {
  return der.sequence(
    ...name.map(([type, text]) => {
      const string = type === "email" || type === "DC" ? der.ia5(text) : der.utf8(text);
      return der.set(der.sequence(der.oid(attributeTypes[type] ?? type), string));
    }),
  );
}

/** GeneralNames for subjectAltName and constraints. */
export const general = {
  email: (text: string) => der.implicit(1, der.text(text)),
  dns: (text: string) => der.implicit(2, der.text(text)),
  uri: (text: string) => der.implicit(6, der.text(text)),
  ip: (...octets: readonly number[]) => der.implicit(7, Uint8Array.from(octets)),
  directory: (name: TestName) => der.explicit(4, distinguishedName(name)),
  smtpUtf8: (text: string) => der.explicit(0, der.oid("1.3.6.1.5.5.7.8.9"), der.explicit(0, der.utf8(text))),
  other: (type: string) => der.explicit(0, der.oid(type), der.explicit(0, der.utf8("x"))),
};

/** One extension, content given. */
export interface TestExtension {
  readonly type: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

const usageBits = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
];

/** What a certificate is to hold. What is not given is made as a sound issuer would. */
export interface Specification {
  readonly subject: TestName;
  readonly key: TestKey;
  /** null: self-signed. */
  readonly issuer: Issued | null;
  /** Signs in place of the issuer's key. */
  readonly signer?: TestKey | undefined;
  readonly issuerName?: TestName | undefined;
  readonly notBefore?: number | undefined;
  readonly notAfter?: number | undefined;
  readonly serial?: Uint8Array | undefined;
  /** null: no basicConstraints. */
  readonly ca?: boolean | null | undefined;
  readonly pathLength?: number | undefined;
  /** null: no keyUsage. */
  readonly keyUsage?: readonly string[] | null | undefined;
  readonly extendedKeyUsage?: readonly string[] | undefined;
  readonly names?: readonly Uint8Array[] | undefined;
  readonly permitted?: readonly Uint8Array[] | undefined;
  readonly excluded?: readonly Uint8Array[] | undefined;
  readonly constraintsCritical?: boolean | undefined;
  /** null: left out. */
  readonly subjectKeyId?: Uint8Array | null | undefined;
  readonly authorityKeyId?: Uint8Array | null | undefined;
  readonly extensions?: readonly TestExtension[] | undefined;
}

/** A certificate with what is needed to issue by it. */
export interface Issued {
  readonly der: Uint8Array;
  readonly key: TestKey;
  readonly subject: TestName;
}

/** 2026-11-22T12:00:00Z: the time all tests here judge at. */
export const now = 1_795_348_800;
const year = 365 * 86_400;
let serials = 1;

/** Signs one to-be-signed part. */
function signed(body: Uint8Array, key: TestKey): Uint8Array {
  return der.sequence(body, key.algorithm, der.bits(Uint8Array.from(sign(key.hash, body, key.privateKey))));
}

/** Issues one certificate. */
export function issue(specification: Specification): Issued {
  const { subject, key, issuer } = specification;
  const signer = specification.signer ?? issuer?.key ?? key;
  serials += 1;
  const body = der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(specification.serial ?? serials),
    signer.algorithm,
    distinguishedName(specification.issuerName ?? issuer?.subject ?? subject),
    der.sequence(der.time(specification.notBefore ?? now - year), der.time(specification.notAfter ?? now + year)),
    distinguishedName(subject),
    key.spki,
    der.explicit(3, der.sequence(...extensionsOf(specification).map(extension))),
  );
  return { der: signed(body, signer), key, subject };
}

function extension({ type, critical = false, value }: TestExtension): Uint8Array {
  return der.sequence(der.oid(type), ...(critical ? [der.boolean(true)] : []), der.octets(value));
}

function extensionsOf(specification: Specification): TestExtension[] {
  const {
    ca = false,
    key,
    issuer,
    pathLength,
    names,
    permitted,
    excluded,
    subjectKeyId,
    authorityKeyId,
  } = specification;
  const keyUsage =
    specification.keyUsage === undefined ? [ca === true ? "keyCertSign" : "digitalSignature"] : specification.keyUsage;
  const authority = authorityKeyId === undefined ? (issuer === null ? null : issuer.key.id) : authorityKeyId;
  const own = subjectKeyId === undefined ? key.id : subjectKeyId;
  const list: TestExtension[] = [];
  if (ca !== null) {
    const length = pathLength === undefined ? [] : [der.integer(pathLength)];
    list.push({
      type: "2.5.29.19",
      critical: true,
      value: der.sequence(...(ca ? [der.boolean(true)] : []), ...length),
    });
  }
  if (keyUsage !== null)
    list.push({
      type: "2.5.29.15",
      critical: true,
      value: der.namedBits(keyUsage.map((usage) => usageBits.indexOf(usage))),
    });
  if (specification.extendedKeyUsage !== undefined)
    list.push({ type: "2.5.29.37", value: der.sequence(...specification.extendedKeyUsage.map(der.oid)) });
  if (own !== null) list.push({ type: "2.5.29.14", value: der.octets(own) });
  if (authority !== null) list.push({ type: "2.5.29.35", value: der.sequence(der.implicit(0, authority)) });
  if (names !== undefined) list.push({ type: "2.5.29.17", value: der.sequence(...names) });
  if (permitted !== undefined || excluded !== undefined)
    list.push({
      type: "2.5.29.30",
      critical: specification.constraintsCritical ?? true,
      value: der.sequence(...subtrees(0, permitted), ...subtrees(1, excluded)),
    });
  return [...list, ...(specification.extensions ?? [])];
}

function subtrees(number: number, names: readonly Uint8Array[] | undefined): Uint8Array[] {
  return names === undefined ? [] : [der.explicit(number, ...names.map((name) => der.sequence(name)))];
}

/** One entry of a CRL. */
export interface Revoked {
  readonly serial: Uint8Array;
  readonly reason?: number;
  /** Unix seconds; two days ago by default. */
  readonly at?: number;
  readonly invalidFrom?: number;
}

/** Issues one CRL. */
export function issueList(specification: {
  readonly issuer: Issued;
  readonly signer?: TestKey;
  readonly revoked?: readonly Revoked[];
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | null;
  readonly extensions?: readonly TestExtension[];
}): Uint8Array {
  const { issuer, revoked = [], nextUpdate = now + 86_400 } = specification;
  const signer = specification.signer ?? issuer.key;
  const entries = revoked.map(({ serial, reason, at = now - 2 * 86_400, invalidFrom }) => {
    const said = [
      ...(reason === undefined ? [] : [{ type: "2.5.29.21", value: der.value(0x0a, Uint8Array.of(reason)) }]),
      ...(invalidFrom === undefined ? [] : [{ type: "2.5.29.24", value: der.generalizedTime(invalidFrom) }]),
    ];
    return der.sequence(
      der.integer(serial),
      der.time(at),
      ...(said.length === 0 ? [] : [der.sequence(...said.map(extension))]),
    );
  });
  const extensions = specification.extensions ?? [
    { type: "2.5.29.35", value: der.sequence(der.implicit(0, issuer.key.id)) },
    { type: "2.5.29.20", value: der.integer(1) },
  ];
  const body = der.sequence(
    der.integer(1),
    signer.algorithm,
    distinguishedName(issuer.subject),
    der.time(specification.thisUpdate ?? now - 86_400),
    ...(nextUpdate === null ? [] : [der.time(nextUpdate)]),
    ...(entries.length === 0 ? [] : [der.value(0x30, Buffer.concat(entries))]),
    ...(extensions.length === 0 ? [] : [der.explicit(0, der.sequence(...extensions.map(extension)))]),
  );
  return signed(body, signer);
}
