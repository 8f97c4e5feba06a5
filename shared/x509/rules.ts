// What RFC 5280 asks of one certificate in its place on a path, whatever the path: the leaf's rules and a CA's.
// As strict as the profile (sections 4.1 and 4.2), and stricter than section 6.1 alone: a CA that doesn't follow the
// profile is one whose other promises are doubtful, and certificates for mail are new enough to follow it.
import { toHex } from "../encoding/hex.ts";
import type { Certificate } from "./certificate.ts";
import { type KeyUsage, anyExtendedKeyUsage, extensionTypes } from "./extensions.ts";
import { isSelfIssued } from "./policies.ts";
import { isDnsName } from "./san.ts";

/** A broken rule: a stable code and words for the log. */
export interface Fault {
  readonly code: string;
  readonly detail: string;
}

/** What the rules need to know besides the certificate. */
export interface RuleContext {
  /** Unix seconds. */
  readonly at: number;
  /** Every one of these uses must be allowed; empty: any use. */
  readonly extendedKeyUsage: readonly string[];
  readonly minRsaBits: number;
}

// More than this makes a verification slow, and no key is that long.
const maxRsaBits = 8_192;

/** Extensions that must not be critical, and that must be (sections 4.2.1.1, 4.2.1.2, 4.2.1.11, 4.2.1.14). */
const criticality = new Map<string, boolean>([
  [extensionTypes.authorityKeyIdentifier, false],
  [extensionTypes.subjectKeyIdentifier, false],
  [extensionTypes.policyConstraints, true],
  [extensionTypes.inhibitAnyPolicy, true],
]);

/** Whether the certificate may end a path; null: yes. `keyUsage`: all of these where it restricts its use. */
export function leafFault(
  certificate: Certificate,
  context: RuleContext & { readonly keyUsage: readonly KeyUsage[] },
): Fault | null {
  const { keyUsage, basicConstraints, nameConstraints, subject } = certificate;
  const common = commonFault(certificate, context);
  if (common !== null) return common;
  if (!isSelfIssued(certificate) && certificate.authorityKeyId === null) return profile("no authority key identifier");
  // Section 4.2.1.6: without a subject, subjectAltName is the name, and critical.
  if (subject.key === "" && certificate.extensions.get(extensionTypes.subjectAltName)?.critical !== true)
    return profile("neither a subject nor a critical subjectAltName");
  // Sections 4.2.1.3, 4.2.1.9 and 4.2.1.10: what only a CA may carry.
  const ca = basicConstraints?.ca ?? false;
  if (!ca && (nameConstraints !== null || (basicConstraints?.pathLength ?? null) !== null || signs(certificate)))
    return profile("a CA's extensions in a certificate that is none");
  const odd = certificate.dns.find((name) => !isDnsName(name));
  if (odd !== undefined) return profile(`dNSName ${JSON.stringify(odd.slice(0, 100))}`);
  const missing = context.keyUsage.find((usage) => keyUsage !== null && !keyUsage.includes(usage));
  return missing === undefined ? null : { code: "x509/key-usage", detail: `leaf without ${missing}` };
}

/** Whether the certificate may issue others at this time; null: yes. `anchor`: it stands in the trust store. */
export function issuerFault(certificate: Certificate, context: RuleContext, anchor: boolean): Fault | null {
  const { basicConstraints, extensions, keyUsage } = certificate;
  if (basicConstraints?.ca !== true) return { code: "x509/not-ca", detail: describe(certificate) };
  // Section 6.1.4 (n).
  if (keyUsage !== null && !keyUsage.includes("keyCertSign"))
    return { code: "x509/key-usage", detail: `CA without keyCertSign: ${describe(certificate)}` };
  const common = commonFault(certificate, context, anchor);
  if (common !== null) return common;
  // Sections 4.1.2.6, 4.2.1.2 and 4.2.1.9.
  if (basicConstraints.pathLength !== null && keyUsage === null)
    return profile(`path length without keyCertSign: ${describe(certificate)}`);
  if (extensions.get(extensionTypes.basicConstraints)?.critical !== true)
    return profile(`basicConstraints not critical: ${describe(certificate)}`);
  if (certificate.subject.key === "") return profile("CA without a subject");
  if (certificate.subjectKeyId === null)
    return profile(`CA without a subject key identifier: ${describe(certificate)}`);
  if (!anchor && certificate.authorityKeyId === null)
    return profile(`no authority key identifier: ${describe(certificate)}`);
  return null;
}

function commonFault(certificate: Certificate, context: RuleContext, anchor = false): Fault | null {
  const { at } = context;
  if (certificate.version !== 3) return profile(`version ${certificate.version}`);
  if (at < certificate.notBefore) return { code: "x509/not-yet-valid", detail: describe(certificate) };
  if (at > certificate.notAfter) return { code: "x509/expired", detail: describe(certificate) };
  const [unknown] = certificate.unknownCritical;
  if (unknown !== undefined)
    return { code: "x509/critical-extension", detail: `${unknown} in ${describe(certificate)}` };
  for (const [type, critical] of criticality)
    if ((certificate.extensions.get(type)?.critical ?? critical) !== critical)
      return profile(`${type} ${critical ? "not " : ""}critical: ${describe(certificate)}`);
  if (certificate.issuer.key === "") return profile("no issuer name");
  // A trust anchor's serial number identifies nothing; roots of public stores have 0.
  if (!anchor && !isSerial(certificate.serial)) return profile(`serial number ${certificate.serial.slice(0, 80)}`);
  return keyFault(certificate, context) ?? useFault(certificate, context);
}

function keyFault({ keyType, rsaBits, subject }: Certificate, { minRsaBits }: RuleContext): Fault | null {
  if (keyType === "other") return { code: "x509/key", detail: `unusable key of ${subject.text}` };
  const weak = rsaBits !== null && (rsaBits < minRsaBits || rsaBits > maxRsaBits);
  return weak ? { code: "x509/key", detail: `RSA key of ${rsaBits} bits` } : null;
}

/**
 * Section 4.2.1.12: a certificate that restricts its use allows this one. Asked of CAs as well, as S/MIME and web PKI
 * practice does: a CA for servers then can't vouch for mail.
 */
function useFault(certificate: Certificate, context: RuleContext): Fault | null {
  const allowed = certificate.extendedKeyUsage;
  if (allowed === null || allowed.includes(anyExtendedKeyUsage)) return null;
  const missing = context.extendedKeyUsage.find((use) => !allowed.includes(use));
  return missing === undefined
    ? null
    : { code: "x509/extended-key-usage", detail: `${missing} not allowed by ${describe(certificate)}` };
}

/** Section 4.1.2.2: positive, at most 20 octets. */
function isSerial(serial: string): boolean {
  const digits = serial.startsWith("00") ? serial.slice(2) : serial;
  return digits !== "" && digits.length <= 40 && (serial.startsWith("00") || Number.parseInt(serial.charAt(0), 16) < 8);
}

function signs({ keyUsage }: Certificate): boolean {
  return keyUsage?.includes("keyCertSign") ?? false;
}

function profile(detail: string): Fault {
  return { code: "x509/profile", detail };
}

function describe({ subject, serial, subjectKeyId }: Certificate): string {
  return `${subject.text.slice(0, 200)} (serial ${serial.slice(0, 42)}, key ${toHex(subjectKeyId ?? new Uint8Array()).slice(0, 40)})`;
}
