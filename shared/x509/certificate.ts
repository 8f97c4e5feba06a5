// A certificate as typed data. RFC 5280 section 4.1.
// Known gaps: the contents of extensions nobody here needs are not looked into; unique identifiers are ignored.
import { equalBytes } from "../encoding/bytes.ts";
import { toHex } from "../encoding/hex.ts";
import { limits } from "../limits.ts";
import { type Result, ok, perm } from "../result.ts";
import { DerReader, constructed, primitive, tags } from "./der.ts";
import {
  type BasicConstraints,
  type DistributionPoint,
  type Extension,
  type KeyUsage,
  type NameConstraints,
  type PolicyConstraints,
  extensionTypes,
  readAuthorityKeyId,
  readBasicConstraints,
  readDistributionPoints,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
  readNameConstraints,
  readPolicies,
  readPolicyConstraints,
  readPolicyMappings,
  readSubjectKeyId,
} from "./extensions.ts";
import { type GeneralName, readGeneralNames } from "./general-name.ts";
import { type PublicKey, readPublicKey } from "./key.ts";
import { type DistinguishedName, readName } from "./name.ts";
import { readBitString, readInteger, readOctetBitString, readSmallInteger, readTime } from "./values.ts";

/** A parsed certificate. Byte arrays are views of `der`: do not change it. Nothing here is verified yet. */
export interface Certificate extends PublicKey, SubjectNames {
  readonly der: Uint8Array;
  /** What the signature covers. */
  readonly tbs: Uint8Array;
  /** DER AlgorithmIdentifier of the signature. */
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Content octets of the INTEGER in lower-case hex ("00ff", "01"). */
  readonly serial: string;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  /** Unix seconds, both included. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** subjectAltName as it stands, all forms; null: no such extension. */
  readonly subjectAltNames: readonly GeneralName[] | null;
  readonly basicConstraints: BasicConstraints | null;
  readonly keyUsage: readonly KeyUsage[] | null;
  /** Dotted OIDs; null: no such extension, any use. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly nameConstraints: NameConstraints | null;
  readonly subjectKeyId: Uint8Array | null;
  /** keyIdentifier of the authority key identifier. */
  readonly authorityKeyId: Uint8Array | null;
  readonly crlDistributionPoints: readonly DistributionPoint[];
  readonly policies: readonly string[] | null;
  readonly policyMappings: readonly (readonly [issuer: string, subject: string])[];
  readonly policyConstraints: PolicyConstraints | null;
  readonly inhibitAnyPolicy: number | null;
  /** Dotted OIDs of critical extensions this code does not process: no path may use the certificate. */
  readonly unknownCritical: readonly string[];
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** Names of subjectAltName by form. */
export interface SubjectNames {
  /** rfc822Name, as written. */
  readonly emails: readonly string[];
  /** SmtpUTF8Mailbox (RFC 9598). */
  readonly smtpUtf8Mailboxes: readonly string[];
  readonly dns: readonly string[];
  /** 4 or 16 octets each. */
  readonly ips: readonly Uint8Array[];
  readonly uris: readonly string[];
  readonly directoryNames: readonly DistinguishedName[];
}

// Extensions whose meaning path validation takes into account; any other that is critical ends the path (section 4.2).
const processed: ReadonlySet<string> = new Set([
  extensionTypes.subjectKeyIdentifier,
  extensionTypes.authorityKeyIdentifier,
  extensionTypes.keyUsage,
  extensionTypes.subjectAltName,
  extensionTypes.basicConstraints,
  extensionTypes.nameConstraints,
  extensionTypes.crlDistributionPoints,
  extensionTypes.certificatePolicies,
  extensionTypes.policyMappings,
  extensionTypes.policyConstraints,
  extensionTypes.extendedKeyUsage,
  extensionTypes.inhibitAnyPolicy,
]);

/** Parses one DER certificate. Fails with "x509/too-long" or "x509/certificate". */
export function parseCertificate(der: Uint8Array): Result<Certificate> {
  if (der.length > limits.certificateBytes) return perm("x509/too-long", `certificate of ${der.length} octets`);
  const reader = new DerReader(der);
  const certificate = readCertificate(reader, der);
  reader.finish();
  return reader.failure === null ? ok(certificate) : perm("x509/certificate", reader.failure);
}

function readCertificate(reader: DerReader, der: Uint8Array): Certificate {
  const outer = reader.enter(tags.sequence);
  const start = outer.position;
  const body = outer.enter(tags.sequence);
  const tbs = outer.since(start);
  const signatureAlgorithm = outer.element();
  const signature = readOctetBitString(outer);
  outer.finish();

  const version = readVersion(body);
  const serial = toHex(readInteger(body));
  // Section 4.1.1.2: both algorithm identifiers are the same.
  if (!equalBytes(body.element(), signatureAlgorithm)) body.fail("two signature algorithms");
  const issuer = readName(body);
  const validity = body.enter(tags.sequence);
  const notBefore = readTime(validity);
  const notAfter = readTime(validity);
  validity.finish();
  const subject = readName(body);
  const key = readPublicKey(body);
  for (const tag of [primitive(1), primitive(2)]) if (version !== 1 && body.peek() === tag) readBitString(body, tag);
  const extensions = readV3(body, version);
  body.finish();
  const basics = { der, tbs, signatureAlgorithm, signature, version, serial, subject, issuer, notBefore, notAfter };
  return { ...basics, ...key, ...readKnown(reader, extensions) };
}

/** Section 4.1.2.1; DER leaves out the default, v1. */
function readVersion(body: DerReader): 1 | 2 | 3 {
  const explicit = body.enterOptional(constructed(0));
  if (explicit === null) return 1;
  const version = readSmallInteger(explicit);
  explicit.finish();
  if (version !== 1 && version !== 2) body.fail("unknown version");
  return version === 1 ? 2 : 3;
}

function readV3(body: DerReader, version: number): ReadonlyMap<string, Extension> {
  const explicit = version === 3 ? body.enterOptional(constructed(3)) : null;
  if (explicit === null) return new Map();
  const extensions = readExtensions(explicit);
  explicit.finish();
  return extensions;
}

function readKnown(reader: DerReader, extensions: ReadonlyMap<string, Extension>) {
  /** The extension's value through `read`, all of it; null where there is none. A fault in it is one of the certificate. */
  function known<T>(type: string, read: (value: DerReader) => T): T | null {
    const extension = extensions.get(type);
    if (extension === undefined) return null;
    const value = new DerReader(extension.value);
    const result = read(value);
    value.finish();
    if (value.failure !== null) reader.fail(`extension ${type}: ${value.failure}`);
    return result;
  }
  const subjectAltNames = known(extensionTypes.subjectAltName, readGeneralNames);
  const names = namesByForm(subjectAltNames ?? []);
  if (names.ips.some((ip) => ip.length !== 4 && ip.length !== 16)) reader.fail("iPAddress of odd length");
  return {
    subjectAltNames,
    ...names,
    basicConstraints: known(extensionTypes.basicConstraints, readBasicConstraints),
    keyUsage: known(extensionTypes.keyUsage, readKeyUsage),
    extendedKeyUsage: known(extensionTypes.extendedKeyUsage, readExtendedKeyUsage),
    nameConstraints: known(extensionTypes.nameConstraints, readNameConstraints),
    subjectKeyId: known(extensionTypes.subjectKeyIdentifier, readSubjectKeyId),
    authorityKeyId: known(extensionTypes.authorityKeyIdentifier, readAuthorityKeyId),
    crlDistributionPoints: known(extensionTypes.crlDistributionPoints, readDistributionPoints) ?? [],
    policies: known(extensionTypes.certificatePolicies, readPolicies),
    policyMappings: known(extensionTypes.policyMappings, readPolicyMappings) ?? [],
    policyConstraints: known(extensionTypes.policyConstraints, readPolicyConstraints),
    inhibitAnyPolicy: known(extensionTypes.inhibitAnyPolicy, (value) => readSmallInteger(value)),
    unknownCritical: [...extensions].flatMap(([type, { critical }]) =>
      critical && !processed.has(type) ? [type] : [],
    ),
    extensions,
  };
}

function namesByForm(names: readonly GeneralName[]): SubjectNames {
  const texts = (form: "email" | "smtpUtf8" | "dns" | "uri"): string[] =>
    names.flatMap((name) => (name.form === form ? [name.text] : []));
  return {
    emails: texts("email"),
    smtpUtf8Mailboxes: texts("smtpUtf8"),
    dns: texts("dns"),
    uris: texts("uri"),
    ips: names.flatMap((name) => (name.form === "ip" ? [name.octets] : [])),
    directoryNames: names.flatMap((name) => (name.form === "directory" ? [name.name] : [])),
  };
}
