// Which names a certificate holds for its subject, and whether one of them is the name asked for.
// RFC 5280 section 4.2.1.6, RFC 9598 (SmtpUTF8Mailbox), RFC 9525 (DNS names). The subject's common name and its legacy
// emailAddress are never names here: only subjectAltName is.
import { equalBytes } from "../encoding/bytes.ts";
import type { Certificate, SubjectNames } from "./certificate.ts";
import { parseIp } from "./ip.ts";
import { type DistinguishedName, nameKeyFromText } from "./name.ts";

/** The name a leaf must hold. `directory`: RFC 4514 text; `ip`: textual IPv4 or IPv6. */
export interface ExpectedName {
  readonly type: "email" | "dns" | "ip" | "directory";
  readonly value: string;
}

/** A mail address taken apart. */
export interface MailboxName {
  readonly localPart: string;
  /** Lower-case. */
  readonly domain: string;
}

const dotAtom = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/u;
const hostLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;

/** The domain lower-cased, or null unless it is a host name of letters, digits and hyphens (RFC 5890's LDH labels). */
export function hostName(text: string): string | null {
  const lower = asciiLower(text);
  if (lower.length === 0 || lower.length > 253) return null;
  return lower.split(".").every((label) => hostLabel.test(label)) ? lower : null;
}

/**
 * An rfc822Name of plain form, local part a dot-atom; null for all else. Quoted local parts and address literals
 * (RFC 5321 section 4.1.2) are left out on purpose: no two validators agree how constraints apply to them.
 */
export function plainMailbox(text: string): MailboxName | null {
  const at = text.indexOf("@");
  const localPart = text.slice(0, Math.max(at, 0));
  const domain = hostName(text.slice(at + 1));
  return at < 1 || domain === null || !dotAtom.test(localPart) ? null : { localPart, domain };
}

/** A SmtpUTF8Mailbox: a local part beyond ASCII, and a domain of A-labels (RFC 9598 section 3); null for all else. */
export function internationalMailbox(text: string): MailboxName | null {
  const at = text.lastIndexOf("@");
  const localPart = text.slice(0, Math.max(at, 0));
  const domain = hostName(text.slice(at + 1));
  // RFC 6532 section 3.1 forbids controls; an ASCII local part belongs into an rfc822Name, a byte order mark nowhere.
  const odd = !/[^\p{ASCII}]/u.test(localPart) || /[\p{Cc}\p{Z}\uFEFF@"\\]/u.test(localPart);
  return at < 1 || domain === null || odd ? null : { localPart, domain };
}

/**
 * Every mail address the certificate holds, domains lower-cased, rfc822Names first. Malformed names are left out.
 * Quoted local parts are kept as written.
 */
export function certificateAddresses(certificate: Pick<SubjectNames, "emails" | "smtpUtf8Mailboxes">): string[] {
  const addresses = certificate.emails.flatMap((email) => {
    const at = email.lastIndexOf("@");
    const domain = hostName(email.slice(at + 1));
    const localPart = email.slice(0, Math.max(at, 0));
    const sound = dotAtom.test(localPart) || /^"(?:[ !#-[\]-~]|\\[ -~])*"$/u.test(localPart);
    return domain === null || !sound ? [] : [`${localPart}@${domain}`];
  });
  const international = certificate.smtpUtf8Mailboxes.flatMap((text) => {
    const mailbox = internationalMailbox(text);
    return mailbox === null ? [] : [`${mailbox.localPart}@${mailbox.domain}`];
  });
  return [...addresses, ...international];
}

/**
 * Whether the certificate holds this address: the local part exactly, the domain (A-labels) in any ASCII case. The address
 * is Unicode text. RFC 5280 section 7.5, RFC 9598 section 5.
 */
export function certificateNames(
  address: string,
  certificate: Pick<SubjectNames, "emails" | "smtpUtf8Mailboxes">,
): boolean {
  const at = address.lastIndexOf("@");
  if (at < 1) return false;
  const wanted = `${address.slice(0, at)}@${asciiLower(address.slice(at + 1))}`;
  return certificateAddresses(certificate).includes(wanted);
}

/** Whether the certificate holds the name. */
export function holdsName(expected: ExpectedName, certificate: Certificate): boolean {
  switch (expected.type) {
    case "email":
      return certificateNames(expected.value, certificate);
    case "dns":
      return certificate.dns.some((pattern) => dnsMatches(pattern, expected.value));
    case "ip": {
      const wanted = parseIp(expected.value);
      return wanted !== null && certificate.ips.some((ip) => equalBytes(ip, wanted));
    }
    case "directory":
      return holdsDirectoryName(expected.value, certificate);
  }
}

function holdsDirectoryName(text: string, certificate: Certificate): boolean {
  const key = nameKeyFromText(text);
  const names: readonly DistinguishedName[] = [certificate.subject, ...certificate.directoryNames];
  return key !== null && key !== "" && names.some((name) => name.key === key);
}

/** RFC 9525 section 6.3: case doesn't count; a wildcard stands for the whole leftmost label, and for one label. */
function dnsMatches(pattern: string, name: string): boolean {
  const wanted = hostName(name);
  const held = asciiLower(pattern);
  if (wanted === null || !isDnsName(held)) return false;
  if (!held.startsWith("*.")) return held === wanted;
  const dot = wanted.indexOf(".");
  return dot > 0 && held.slice(1) === wanted.slice(dot);
}

/**
 * Whether a dNSName may stand in a certificate: host name syntax (RFC 5280 section 4.2.1.6, RFC 1034 section 3.5), not an
 * address in disguise; a wildcard only as the whole leftmost label above at least two others.
 */
export function isDnsName(text: string): boolean {
  const wildcard = text.startsWith("*.");
  const host = hostName(wildcard ? text.slice(2) : text);
  return host !== null && !/(?:^|\.)\d+$/u.test(host) && (!wildcard || host.includes("."));
}

/** A to Z lowered, nothing else touched (RFC 4343). */
function asciiLower(text: string): string {
  return text.replaceAll(/[A-Z]+/gu, (letters) => letters.toLowerCase());
}
