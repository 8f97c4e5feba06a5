// The certificate extensions that path validation and mail need, each read into plain data. RFC 5280 section 4.2.
import { type DerReader, constructed, primitive, tags } from "./der.ts";
import { type GeneralName, readGeneralName, readGeneralNames } from "./general-name.ts";
import { readNamedBits, readOid, readOptionalBoolean, readSmallInteger } from "./values.ts";

/** Object identifiers of the extensions known here. */
export const extensionTypes = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  crlNumber: "2.5.29.20",
  reasonCode: "2.5.29.21",
  invalidityDate: "2.5.29.24",
  deltaCrlIndicator: "2.5.29.27",
  issuingDistributionPoint: "2.5.29.28",
  certificateIssuer: "2.5.29.29",
  nameConstraints: "2.5.29.30",
  crlDistributionPoints: "2.5.29.31",
  certificatePolicies: "2.5.29.32",
  policyMappings: "2.5.29.33",
  authorityKeyIdentifier: "2.5.29.35",
  policyConstraints: "2.5.29.36",
  extendedKeyUsage: "2.5.29.37",
  inhibitAnyPolicy: "2.5.29.54",
} as const;

/** One extension, value not looked into. */
export interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

const maxExtensions = 64;

/** Extensions ::= SEQUENCE SIZE (1..MAX); no type twice (section 4.2). */
export function readExtensions(reader: DerReader): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  const sequence = reader.enter(tags.sequence);
  do {
    const extension = sequence.enter(tags.sequence);
    const type = readOid(extension);
    const critical = readOptionalBoolean(extension);
    const value = extension.content(tags.octetString);
    extension.finish();
    if (found.has(type)) sequence.fail("extension twice");
    if (found.size >= maxExtensions) sequence.fail("too many extensions");
    found.set(type, { critical, value });
  } while (sequence.more());
  return found;
}

/** Section 4.2.1.9. */
export interface BasicConstraints {
  readonly ca: boolean;
  /** Intermediates that may follow, self-issued ones not counted; null: no limit. */
  readonly pathLength: number | null;
}

/** BasicConstraints. */
export function readBasicConstraints(reader: DerReader): BasicConstraints {
  const sequence = reader.enter(tags.sequence);
  const ca = readOptionalBoolean(sequence);
  const pathLength = sequence.peek() === tags.integer ? readSmallInteger(sequence) : null;
  sequence.finish();
  return { ca, pathLength };
}

const keyUsageNames = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

/** Section 4.2.1.3; nonRepudiation is also called contentCommitment. */
export type KeyUsage = (typeof keyUsageNames)[number];

/** KeyUsage: at least one bit must be set. */
export function readKeyUsage(reader: DerReader): readonly KeyUsage[] {
  const usages = readNamedBits(reader, keyUsageNames);
  if (usages.length === 0) reader.fail("keyUsage without a bit");
  return usages;
}

/** anyExtendedKeyUsage. Section 4.2.1.12. */
export const anyExtendedKeyUsage = "2.5.29.37.0";
/** id-kp-emailProtection. Section 4.2.1.12. */
export const emailProtection = "1.3.6.1.5.5.7.3.4";

/** ExtKeyUsageSyntax: dotted OIDs, at least one. */
export function readExtendedKeyUsage(reader: DerReader): readonly string[] {
  const sequence = reader.enter(tags.sequence);
  const usages: string[] = [];
  do usages.push(readOid(sequence));
  while (sequence.more());
  return usages;
}

/** The keyIdentifier of AuthorityKeyIdentifier, or null where it has none. Section 4.2.1.1. */
export function readAuthorityKeyId(reader: DerReader): Uint8Array | null {
  const sequence = reader.enter(tags.sequence);
  const keyId = sequence.peek() === primitive(0) ? sequence.content(primitive(0)) : null;
  const issuer = sequence.peek() === constructed(1);
  if (issuer) readGeneralNames(sequence, constructed(1));
  const serial = sequence.peek() === primitive(2);
  if (serial) sequence.content(primitive(2));
  if (issuer !== serial) sequence.fail("authorityCertIssuer and serial number go together");
  sequence.finish();
  return keyId;
}

/** SubjectKeyIdentifier. Section 4.2.1.2. */
export function readSubjectKeyId(reader: DerReader): Uint8Array {
  return reader.content(tags.octetString);
}

/** Section 4.2.1.10, as written: what a form's constraint may look like is judged where it is applied. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/** NameConstraints: not empty, and no subtrees of no names. */
export function readNameConstraints(reader: DerReader): NameConstraints {
  const sequence = reader.enter(tags.sequence);
  const permitted = readSubtrees(sequence.enterOptional(constructed(0)));
  const excluded = readSubtrees(sequence.enterOptional(constructed(1)));
  sequence.finish();
  if (permitted.length + excluded.length === 0) reader.fail("nameConstraints without a subtree");
  return { permitted, excluded };
}

function readSubtrees(list: DerReader | null): GeneralName[] {
  const subtrees: GeneralName[] = [];
  if (list === null) return subtrees;
  do {
    const subtree = list.enter(tags.sequence);
    subtrees.push(readGeneralName(subtree));
    // Section 4.2.1.10: minimum is 0 and maximum absent, always.
    subtree.finish();
  } while (list.more());
  return subtrees;
}

/** One DistributionPoint. Section 4.2.1.13. */
export interface DistributionPoint {
  /** fullName; empty: none given. */
  readonly names: readonly GeneralName[];
  /** URIs among the names: where the CRL is. */
  readonly uris: readonly string[];
  /** Covers some reasons only, or names another CRL issuer, or is relative to the issuer: not usable here. */
  readonly partial: boolean;
}

/** CRLDistributionPoints. */
export function readDistributionPoints(reader: DerReader): readonly DistributionPoint[] {
  const sequence = reader.enter(tags.sequence);
  const points: DistributionPoint[] = [];
  do {
    const point = sequence.enter(tags.sequence);
    const { names, relative } = readDistributionPointName(point);
    const reasons = point.peek() === primitive(1);
    if (reasons) point.content(primitive(1));
    const issuer = point.peek() === constructed(2);
    if (issuer) readGeneralNames(point, constructed(2));
    point.finish();
    points.push({ names, uris: urisOf(names), partial: relative || reasons || issuer });
  } while (sequence.more());
  return points;
}

/** DistributionPointName behind [0], where present. Sections 4.2.1.13 and 5.2.5. */
export function readDistributionPointName(reader: DerReader): {
  readonly names: readonly GeneralName[];
  readonly relative: boolean;
} {
  const choice = reader.enterOptional(constructed(0));
  if (choice === null) return { names: [], relative: false };
  const relative = choice.peek() === constructed(1);
  const names = relative ? [] : readGeneralNames(choice, constructed(0));
  if (relative) choice.element();
  choice.finish();
  return { names, relative };
}

function urisOf(names: readonly GeneralName[]): string[] {
  return names.flatMap((name) => (name.form === "uri" ? [name.text] : []));
}

/** CertificatePolicies as dotted OIDs, none twice. Section 4.2.1.4. */
export function readPolicies(reader: DerReader): readonly string[] {
  const sequence = reader.enter(tags.sequence);
  const policies: string[] = [];
  do {
    const information = sequence.enter(tags.sequence);
    const policy = readOid(information);
    if (information.more()) information.enter(tags.sequence);
    information.finish();
    if (policies.includes(policy)) sequence.fail("policy twice");
    policies.push(policy);
  } while (sequence.more());
  return policies;
}

/** PolicyMappings as pairs. Section 4.2.1.5. */
export function readPolicyMappings(reader: DerReader): readonly (readonly [issuer: string, subject: string])[] {
  const sequence = reader.enter(tags.sequence);
  const mappings: (readonly [string, string])[] = [];
  do {
    const mapping = sequence.enter(tags.sequence);
    mappings.push([readOid(mapping), readOid(mapping)]);
    mapping.finish();
  } while (sequence.more());
  return mappings;
}

/** Section 4.2.1.11: skip counts; null: not said. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | null;
  readonly inhibitPolicyMapping: number | null;
}

/** PolicyConstraints: at least one of the two. */
export function readPolicyConstraints(reader: DerReader): PolicyConstraints {
  const sequence = reader.enter(tags.sequence);
  if (!sequence.more()) sequence.fail("empty policyConstraints");
  const explicit = sequence.peek() === primitive(0) ? readSmallInteger(sequence, primitive(0)) : null;
  const mapping = sequence.peek() === primitive(1) ? readSmallInteger(sequence, primitive(1)) : null;
  sequence.finish();
  return { requireExplicitPolicy: explicit, inhibitPolicyMapping: mapping };
}
