// Whether a certificate is one that may sign this address's mail at this time. Protocol section 2.
// Who vouches for it is another question (bridge/trust, shared/x509/path.ts).
import type { Crypto, SignatureAlgorithm } from "../crypto/crypto.ts";
import { toBase64Url } from "../encoding/base64.ts";
import { isAscii } from "../encoding/bytes.ts";
import { asciiLower, parseAddress } from "../header/address.ts";
import type { Mailbox } from "../header/address.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
import type { Certificate } from "../x509/certificate.ts";
import { withoutSubaddress } from "./alias.ts";
import type { CertificateFacts } from "./types.ts";

const keyTypes: Record<SignatureAlgorithm, Certificate["keyType"]> = {
  "ed25519-sha256": "ed25519",
  "ecdsa-p256-sha256": "p256",
  "rsa-sha256": "rsa",
};
/** RFC 8301 section 3.2's successor bound: 2,048 bits; the upper one keeps verifying cheap. */
const minRsaBits = 2_048;
const maxRsaBits = 8_192;
/** RFC 5280 section 4.2.1.12, id-kp-emailProtection. */
const emailProtection = "1.3.6.1.5.5.7.3.4";

/** What the leaf is asked for. */
export interface LeafQuestion {
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  readonly mailbox: Mailbox;
  /** The domain's `sub` character. */
  readonly subaddress: string | null;
  /** Unix seconds: the signature's `t`. */
  readonly at: number;
}

/** RFC 5280 section 7.5: the domain without regard to ASCII case, the local part exactly. */
function namesMailbox(name: string, localPart: string, domain: string): boolean {
  const at = name.lastIndexOf("@");
  if (at < 1 || asciiLower(name.slice(at + 1)) !== domain) {
    return false;
  }
  if (name.slice(0, at) === localPart) {
    return true;
  }
  // Only a quoted local part can be spelt in more than one way.
  const parsed = name.startsWith('"') ? parseAddress(name) : null;
  return parsed?.ok === true && parsed.value.localPart === localPart;
}

/** Whether the certificate's subjectAltName holds the mailbox, or with `sub` the mailbox without its subaddress. */
export function certifiesMailbox(certificate: Certificate, mailbox: Mailbox, subaddress: string | null): boolean {
  const base = withoutSubaddress(mailbox.localPart, subaddress);
  const candidates = base === mailbox.localPart ? [base] : [mailbox.localPart, base];
  return candidates.some((localPart) => {
    // RFC 9598 section 3: SmtpUTF8Mailbox for local parts beyond ASCII, rfc822Name for all others.
    const names = isAscii(localPart) ? certificate.emails : certificate.smtpUtf8Mailboxes;
    return names.some((name) => namesMailbox(name, localPart, mailbox.domain));
  });
}

/**
 * Checks everything about a leaf but its signature and its issuer. Fails with ipp/key-mismatch, /key-type, /weak-key,
 * /certificate-address, /certificate-usage, /certificate-critical, /certificate-expired or /certificate-not-yet.
 */
export async function checkLeaf(leaf: Certificate, question: LeafQuestion, crypto: Crypto): Promise<Result<void>> {
  if ((await leafFacts(leaf, crypto)).keyId !== question.keyId) {
    return perm("ipp/key-mismatch", "ks is not this certificate's key");
  }
  if (leaf.keyType !== keyTypes[question.algorithm]) {
    return perm("ipp/key-type", `a=${question.algorithm}, but the key is ${leaf.keyType}`);
  }
  if (leaf.rsaBits !== null && (leaf.rsaBits < minRsaBits || leaf.rsaBits > maxRsaBits)) {
    return perm("ipp/weak-key", `an RSA key of ${leaf.rsaBits} bits`);
  }
  if (!certifiesMailbox(leaf, question.mailbox, question.subaddress)) {
    return perm("ipp/certificate-address", "the certificate is not for this address");
  }
  // No keyUsage means any use (RFC 5280 section 4.2.1.3).
  if (leaf.keyUsage?.includes("digitalSignature") === false) {
    return perm("ipp/certificate-usage", "keyUsage without digitalSignature");
  }
  if (leaf.extendedKeyUsage?.includes(emailProtection) === false) {
    return perm("ipp/certificate-usage", "extendedKeyUsage without emailProtection");
  }
  if (leaf.unknownCritical.length > 0) {
    return perm("ipp/certificate-critical", `unknown critical extension ${leaf.unknownCritical[0] ?? ""}`);
  }
  if (question.at > leaf.notAfter) {
    return perm("ipp/certificate-expired", "expired when the mail was signed");
  }
  return question.at < leaf.notBefore
    ? perm("ipp/certificate-not-yet", "not yet valid when the mail was signed")
    : ok(undefined);
}

/** Distinguished names are shown, and kept with every mail: no true one is longer. */
const maxNameCharacters = 500;

/** What is asked of a leaf with every mail of its owner, and follows from it alone. */
export interface LeafFacts {
  /** base64url SHA-256 of the SubjectPublicKeyInfo: `ks`. */
  readonly keyId: string;
  /** The certificate as the panel shows it. */
  readonly shown: CertificateFacts;
}

const workedOut = new WeakMap<Certificate, LeafFacts>();

/** Worked out once for each parsed certificate, which sources keep (sources.ts); at hand from then on. */
export function leafFacts(leaf: Certificate, crypto: Crypto): Promise<LeafFacts> | LeafFacts {
  return workedOut.get(leaf) ?? workOut(leaf, crypto);
}

async function workOut(leaf: Certificate, crypto: Crypto): Promise<LeafFacts> {
  const facts: LeafFacts = {
    keyId: toBase64Url(await crypto.digest(leaf.spki)),
    shown: {
      subject: leaf.subject.text.slice(0, maxNameCharacters),
      issuer: leaf.issuer.text.slice(0, maxNameCharacters),
      notBefore: leaf.notBefore,
      notAfter: leaf.notAfter,
      fingerprint: toBase64Url(await crypto.digest(leaf.der)),
    },
  };
  workedOut.set(leaf, facts);
  return facts;
}
