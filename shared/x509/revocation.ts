// Whether a certificate was revoked, by the CRLs at hand. RFC 5280 section 6.3, without delta and indirect CRLs.
import { toHex } from "../encoding/hex.ts";
import { limits } from "../limits.ts";
import type { Certificate } from "./certificate.ts";
import type { CertificateList, RevocationReason, RevokedCertificate } from "./crl.ts";
import type { GeneralName } from "./general-name.ts";

/** Why nothing is known, in the order in which one says more than the other. */
const unknownCodes = [
  "x509/crl-missing",
  "x509/crl-scope",
  "x509/crl-extension",
  "x509/crl-not-yet-valid",
  "x509/crl-expired",
  "x509/crl-issuer",
  "x509/crl-signature",
] as const;

/** What CRLs say about one certificate. */
export type RevocationStatus =
  | { readonly state: "good"; /** Unix seconds: when newer word is due. */ readonly nextUpdate: number | null }
  | { readonly state: "revoked"; readonly reason: RevocationReason; /** Unix seconds. */ readonly at: number }
  | { readonly state: "unknown"; readonly code: (typeof unknownCodes)[number] };

/** What checkRevocation needs. */
export interface RevocationQuestion {
  readonly certificate: Certificate;
  /** The valid chain above the certificate, its issuer first, the trust anchor included. */
  readonly issuers: readonly Certificate[];
  readonly lists: readonly CertificateList[];
  /** Unix seconds. */
  readonly at: number;
  /** Age of thisUpdate beyond which a list says nothing, s; null: nextUpdate decides, limits.crlSeconds without it. */
  readonly maxAgeSeconds: number | null;
  /** Whether the key signed the list. */
  verify(issuer: Certificate, list: CertificateList): Promise<boolean>;
}

/** Asks every list. One that says revoked decides; else one that covers the certificate and says nothing against it. */
export async function checkRevocation(question: RevocationQuestion): Promise<RevocationStatus> {
  const { certificate } = question;
  let best: RevocationStatus = { state: "unknown", code: "x509/crl-missing" };
  for (const list of question.lists) {
    if (list.issuer.key !== certificate.issuer.key) continue;
    const status = await askList(list, question);
    if (status.state === "revoked") return status;
    if (best.state === "unknown" && outweighs(status, best.code)) best = status;
  }
  return best;
}

function outweighs(status: RevocationStatus, code: (typeof unknownCodes)[number]): boolean {
  return status.state !== "unknown" || unknownCodes.indexOf(status.code) > unknownCodes.indexOf(code);
}

async function askList(list: CertificateList, question: RevocationQuestion): Promise<RevocationStatus> {
  const { certificate, at } = question;
  const unknown = (code: (typeof unknownCodes)[number]): RevocationStatus => ({ state: "unknown", code });
  if (!covers(list, certificate)) return unknown("x509/crl-scope");
  if (list.unknownCritical.length > 0) return unknown("x509/crl-extension");
  if (list.thisUpdate > at) return unknown("x509/crl-not-yet-valid");
  // Section 6.3.3 (f): the issuer may sign with an older or a newer key of its own, as long as its certificate is in
  // this very path; where its key usage is restricted, cRLSign must be in it.
  const issuers = question.issuers.filter(
    ({ subject, keyUsage }) => subject.key === list.issuer.key && (keyUsage?.includes("cRLSign") ?? true),
  );
  if (issuers.length === 0) return unknown("x509/crl-issuer");
  for (const issuer of issuers) {
    if (!(await question.verify(issuer, list))) continue;
    const entry = list.revoked.get(certificate.serial);
    // Old age takes from a list what it doesn't say, not what it says: a server that is silenced un-revokes nothing.
    if (entry !== undefined) return { state: "revoked", reason: entry.reason, at: entry.at };
    if (isStale(list, at, question.maxAgeSeconds)) return unknown("x509/crl-expired");
    return { state: "good", nextUpdate: list.nextUpdate };
  }
  return unknown("x509/crl-signature");
}

/** Reasons for which the date of the revocation tells nothing: somebody else had the key before. RFC 5280 section 5.3.1. */
const compromised: readonly RevocationReason[] = ["keyCompromise", "cACompromise", "aACompromise"];

/**
 * From when on signatures under a revoked certificate are worth nothing, Unix seconds: from its revocation; where the key
 * was another's too, since the issuer says so, or else ever. null: it is on hold, which may be lifted.
 */
export function worthlessFrom({ at, reason, invalidFrom }: RevokedCertificate): number | null {
  if (reason === "certificateHold") return null;
  if (compromised.includes(reason) && invalidFrom === null) return 0;
  return Math.min(at, invalidFrom ?? at);
}

/** Until when a list says that anybody is good, Unix seconds: its nextUpdate, or limits.crlSeconds where it has none. */
export function goodUntil(list: CertificateList): number {
  return list.nextUpdate ?? list.thisUpdate + limits.crlSeconds;
}

function isStale(list: CertificateList, at: number, maxAgeSeconds: number | null): boolean {
  if (maxAgeSeconds === null) return at > goodUntil(list);
  return at - list.thisUpdate > maxAgeSeconds || (list.nextUpdate !== null && at > list.nextUpdate);
}

/** Section 6.3.3 (b): the list's scope includes the certificate, and its distribution point is one of the certificate's. */
function covers({ scope }: CertificateList, certificate: Certificate): boolean {
  const points = certificate.crlDistributionPoints;
  const usable = points.filter(({ partial }) => !partial);
  if (points.length > 0 && usable.length === 0) return false;
  if (scope === null) return true;
  if (scope.partial || scope.only === "attributes") return false;
  // A certificate before v3 can't say whether it is a CA's: no list for one kind covers it.
  if (scope.only !== null && certificate.version !== 3) return false;
  const ca = certificate.basicConstraints?.ca ?? false;
  if (scope.only !== null && (scope.only === "cas") !== ca) return false;
  if (scope.names.length === 0) return true;
  // Section 6.3.3: without distribution points of its own, the certificate's is its issuer's name.
  const own: readonly GeneralName[] =
    points.length === 0 ? [{ form: "directory", name: certificate.issuer }] : usable.flatMap(({ names }) => names);
  const keys = new Set(own.map(nameKey));
  return scope.names.map(nameKey).some((key) => key !== null && keys.has(key));
}

/** Equal keys mean equal names; null: of a form that is not compared. */
function nameKey(name: GeneralName): string | null {
  switch (name.form) {
    case "directory":
      return `directory ${name.name.key}`;
    case "ip":
      return `ip ${toHex(name.octets)}`;
    case "email":
    case "smtpUtf8":
    case "dns":
    case "uri":
      return `${name.form} ${name.text}`;
    case "other":
    case "x400":
    case "ediParty":
    case "registeredId":
      return null;
  }
}
