// Certificate revocation lists as typed data. RFC 5280 section 5.
// Known gaps: delta CRLs and indirect CRLs can't be used (their marks are critical here: nothing follows from such a list).
import { equalBytes } from "../encoding/bytes.ts";
import { fromHex, toHex } from "../encoding/hex.ts";
import { limits } from "../limits.ts";
import { type Result, ok, perm } from "../result.ts";
import { DerReader, constructed, primitive, tags } from "./der.ts";
import { type Extension, extensionTypes, readDistributionPointName, readExtensions } from "./extensions.ts";
import type { GeneralName } from "./general-name.ts";
import { type DistinguishedName, readName } from "./name.ts";
import { readBoolean, readInteger, readOctetBitString, readSmallInteger, readTime } from "./values.ts";

/** Why a certificate was revoked. Section 5.3.1. */
export const revocationReasons = [
  "unspecified",
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  null,
  "removeFromCRL",
  "privilegeWithdrawn",
  "aACompromise",
] as const;
export type RevocationReason = Exclude<(typeof revocationReasons)[number], null>;

/** One revoked certificate. */
export interface RevokedCertificate {
  /** Unix seconds. */
  readonly at: number;
  readonly reason: RevocationReason;
  /** Unix seconds: when its key was lost or may have been, as far as the issuer says (section 5.3.2). */
  readonly invalidFrom: number | null;
}

/**
 * Revoked certificates, looked up in the list's own octets: a hundred thousand of them as objects would take 90 MB, and
 * each is asked for seldom.
 */
export interface RevokedCertificates {
  readonly size: number;
  get(serial: string): RevokedCertificate | undefined;
  /** All of them, one after the other, in the list's order. */
  all(): Iterable<RevokedCertificate & { readonly serial: string }>;
}

/** Which certificates a list is about. Section 5.2.5. */
export interface IssuingDistributionPoint {
  /** Names of its distribution point; empty: none given. */
  readonly names: readonly GeneralName[];
  readonly only: "users" | "cas" | "attributes" | null;
  /** Some reasons only, or other issuers' certificates too, or a name relative to the issuer: not usable here. */
  readonly partial: boolean;
}

/** A parsed CRL; nothing here is verified yet. */
export interface CertificateList {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuer: DistinguishedName;
  /** Unix seconds. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
  /** By serial number, hex as in Certificate.serial. */
  readonly revoked: RevokedCertificates;
  readonly scope: IssuingDistributionPoint | null;
  /** Dotted OIDs of critical extensions, the list's or an entry's, that are not processed: nothing follows from the list. */
  readonly unknownCritical: readonly string[];
}

/** Parses one DER CRL. Fails with "x509/too-long" or "x509/crl". */
export function parseCertificateList(der: Uint8Array): Result<CertificateList> {
  if (der.length > limits.crlBytes) return perm("x509/too-long", `CRL of ${der.length} octets`);
  const reader = new DerReader(der);
  const list = readList(reader, der);
  reader.finish();
  return reader.failure === null ? ok(list) : perm("x509/crl", reader.failure);
}

function readList(reader: DerReader, der: Uint8Array): CertificateList {
  const outer = reader.enter(tags.sequence);
  const start = outer.position;
  const body = outer.enter(tags.sequence);
  const tbs = outer.since(start);
  const signatureAlgorithm = outer.element();
  const signature = readOctetBitString(outer);
  outer.finish();

  const second = body.peek() === tags.integer;
  // Section 5.1.2.1: v2 or nothing.
  if (second && readSmallInteger(body) !== 1) body.fail("unknown version");
  if (!equalBytes(body.element(), signatureAlgorithm)) body.fail("two signature algorithms");
  const issuer = readName(body);
  const thisUpdate = readTime(body);
  const nextTag = body.peek();
  const nextUpdate = nextTag === tags.utcTime || nextTag === tags.generalizedTime ? readTime(body) : null;
  const unknownCritical: string[] = [];
  const revoked = body.peek() === tags.sequence ? readRevoked(body, second, unknownCritical) : nobody;
  const extensions = second ? readListExtensions(body) : new Map<string, Extension>();
  body.finish();
  const scope = readScope(reader, extensions);
  for (const [type, { critical }] of extensions)
    if (critical && type !== extensionTypes.issuingDistributionPoint) unknownCritical.push(type);
  const signed = { der, tbs, signatureAlgorithm, signature };
  return { ...signed, issuer, thisUpdate, nextUpdate, revoked, scope, unknownCritical };
}

const nobody: RevokedCertificates = { size: 0, get: () => undefined, all: () => [] };

function readRevoked(body: DerReader, second: boolean, unknownCritical: string[]): RevokedCertificates {
  const sequence = body.enter(tags.sequence);
  const starts: number[] = [];
  // Most entries of a list have the very same extensions, or none: looked into once.
  let before = new Uint8Array();
  // Section 5.1.2.6: left out where nothing is revoked, never empty.
  do {
    starts.push(sequence.position);
    const entry = sequence.enter(tags.sequence);
    readInteger(entry);
    readTime(entry);
    if (!second || !entry.more()) entry.finish();
    else if (!equalBytes(entry.input.subarray(entry.position, entry.end), before)) {
      before = Uint8Array.from(entry.input.subarray(entry.position, entry.end));
      readEntryExtensions(entry, unknownCritical);
      entry.finish();
    }
  } while (sequence.more());
  return revokedAt(Uint32Array.from(starts), sequence.input, second);
}

/** By the serial number's length and last octet, without reading the entry: tells most of them apart. */
function mayBe(input: Uint8Array, start: number, serial: Uint8Array): boolean {
  const length = input[start + 1] ?? 0;
  const integer = start + (length < 0x80 ? 2 : 2 + (length & 0x7f));
  return input[integer + 1] === serial.length && input[integer + 1 + serial.length] === serial.at(-1);
}

/** Looks up entries, all of which have been read without fault, by where they begin. */
function revokedAt(starts: Uint32Array, input: Uint8Array, second: boolean): RevokedCertificates {
  return {
    size: starts.length,
    get(serial) {
      const wanted = fromHex(serial) ?? new Uint8Array();
      for (const start of starts) {
        if (!mayBe(input, start, wanted)) continue;
        const entry = new DerReader(input, start).enter(tags.sequence);
        if (!equalBytes(readInteger(entry), wanted)) continue;
        return readEntry(entry, second);
      }
      return undefined;
    },
    *all() {
      for (const start of starts) {
        const entry = new DerReader(input, start).enter(tags.sequence);
        yield { serial: toHex(readInteger(entry)), ...readEntry(entry, second) };
      }
    },
  };
}

/** What stands behind the serial number. */
function readEntry(entry: DerReader, second: boolean): RevokedCertificate {
  const at = readTime(entry);
  const said = second && entry.more() ? readEntryExtensions(entry, []) : null;
  return { at, reason: said?.reason ?? "unspecified", invalidFrom: said?.invalidFrom ?? null };
}

function readEntryExtensions(
  entry: DerReader,
  unknownCritical: string[],
): Pick<RevokedCertificate, "reason" | "invalidFrom"> {
  const extensions = readExtensions(entry);
  for (const [type, { critical }] of extensions)
    if (critical && type !== extensionTypes.reasonCode) unknownCritical.push(type);
  const invalidFrom = readInvalidityDate(extensions.get(extensionTypes.invalidityDate));
  const extension = extensions.get(extensionTypes.reasonCode);
  if (extension === undefined) return { reason: "unspecified", invalidFrom };
  const value = new DerReader(extension.value);
  const reason = revocationReasons[readSmallInteger(value, tags.enumerated)] ?? null;
  value.finish();
  // removeFromCRL stands in delta CRLs only.
  if (value.failure !== null || reason === null || reason === "removeFromCRL") entry.fail("bad reasonCode");
  return { reason: reason ?? "unspecified", invalidFrom };
}

/** Section 5.3.2: it is never critical, so that a malformed one says nothing. */
function readInvalidityDate(extension: Extension | undefined): number | null {
  if (extension === undefined) return null;
  const value = new DerReader(extension.value);
  const date = readTime(value);
  value.finish();
  return value.failure === null ? date : null;
}

function readListExtensions(body: DerReader): ReadonlyMap<string, Extension> {
  const explicit = body.enterOptional(constructed(0));
  if (explicit === null) return new Map();
  const extensions = readExtensions(explicit);
  explicit.finish();
  // Section 5.2: who issues by this profile puts in both. Lists of old tools have neither and are still useful; one
  // without the other is an issuer at odds with itself.
  const keyId = extensions.has(extensionTypes.authorityKeyIdentifier);
  if (keyId && !extensions.has(extensionTypes.crlNumber)) body.fail("CRL without cRLNumber");
  return extensions;
}

function readScope(reader: DerReader, extensions: ReadonlyMap<string, Extension>): IssuingDistributionPoint | null {
  const extension = extensions.get(extensionTypes.issuingDistributionPoint);
  if (extension === undefined) return null;
  const value = new DerReader(extension.value);
  const sequence = value.enter(tags.sequence);
  // Section 5.2.5: never an empty sequence.
  if (!sequence.more()) sequence.fail("empty issuingDistributionPoint");
  const { names, relative } = readDistributionPointName(sequence);
  const users = readFlag(sequence, 1);
  const cas = readFlag(sequence, 2);
  const someReasons = sequence.peek() === primitive(3);
  if (someReasons) sequence.content(primitive(3));
  const indirect = readFlag(sequence, 4);
  const attributes = readFlag(sequence, 5);
  sequence.finish();
  value.finish();
  if (Number(users) + Number(cas) + Number(attributes) > 1) value.fail("scopes that exclude each other");
  if (value.failure !== null) reader.fail(`issuingDistributionPoint: ${value.failure}`);
  const only = users ? "users" : cas ? "cas" : attributes ? "attributes" : null;
  return { names, only, partial: relative || someReasons || indirect };
}

function readFlag(sequence: DerReader, number: number): boolean {
  return sequence.peek() === primitive(number) && readBoolean(sequence, primitive(number));
}
