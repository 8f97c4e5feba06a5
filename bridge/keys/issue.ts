// Certificates of our own making (protocol section 2): an address's self-signed one, a domain's CA and what it issues, and
// TLS certificates of labs and the demo. RFC 5280, RFC 8550 (S/MIME certificates). @peculiar/x509 stops here.
import "reflect-metadata";
import { randomBytes, type KeyObject } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { algorithmOf, spkiOf } from "./node-crypto.ts";

/** extendedKeyUsage of the kinds we issue (RFC 5280 section 4.2.1.12). */
const usages = {
  email: ["1.3.6.1.5.5.7.3.4"],
  tls: ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
} as const;

/** A private key with its certificate chain, DER, its own first. */
export interface Issuer {
  readonly key: KeyObject;
  readonly chain: readonly Uint8Array[];
}

export interface Issue {
  /** Common name; shown, never believed. */
  readonly commonName: string;
  readonly key: KeyObject;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly kind:
    | { readonly of: "address"; readonly address: string }
    | { readonly of: "server"; readonly hosts: readonly string[]; readonly addresses: readonly string[] }
    | {
        readonly of: "authority";
        /** Mail domain it may issue for (name constraint on rfc822Name), or null: unconstrained (a lab's TLS CA). */
        readonly domain: string | null;
      };
  /** null: self-signed. */
  readonly issuer: Issuer | null;
}

const webAlgorithms = {
  "ed25519-sha256": { name: "Ed25519" },
  "ecdsa-p256-sha256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "rsa-sha256": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
} as const;

function webAlgorithm(key: KeyObject): (typeof webAlgorithms)[keyof typeof webAlgorithms] {
  const algorithm = algorithmOf(key);
  if (algorithm === null) throw new Error("a key of a kind certificates are not issued for");
  return webAlgorithms[algorithm];
}

/** The private key as the library takes it; whether the DOM's CryptoKey or Node's is meant depends on who compiles. */
type LibraryKey = x509.X509CertificateCreateWithKeyParams["signingKey"];

function libraryKey(key: KeyObject): LibraryKey {
  const made: unknown = key.toCryptoKey(webAlgorithm(key), true, ["sign"]);
  return made as LibraryKey;
}

/** One DER element (X.690 section 8.1). Nothing here is longer than 65,535 octets. */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const long = body.length > 255 ? [0x82, body.length >> 8, body.length & 0xff] : [0x81, body.length];
  return Buffer.concat([Buffer.from([tag, ...(body.length < 128 ? [body.length] : long)]), body]);
}

/**
 * RFC 5280 section 4.2.1.10: an rfc822Name constraint without "@" and leading dot means all mailboxes of that host. For
 * addresses that are not ASCII the same holds by RFC 9598 section 6. Any other kind of name is excluded whole where
 * that can be said: DNS names by the empty name.
 */
function nameConstraints(domain: string): x509.Extension {
  const permitted = der(0xa0, der(0x30, der(0x81, Buffer.from(domain, "ascii"))));
  const excluded = der(0xa1, der(0x30, der(0x82)));
  return new x509.Extension("2.5.29.30", true, new Uint8Array(der(0x30, permitted, excluded)));
}

/** rfc822Name, or SmtpUTF8Mailbox (RFC 9598 section 3) where the local part is not ASCII. */
function addressName(address: string): x509.Extension {
  // oxlint-disable-next-line no-control-regex -- ASCII, all of it
  const ascii = /^[\x00-\x7f]*$/.test(address);
  const oid = Buffer.from([0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09]);
  const name = ascii
    ? der(0x81, Buffer.from(address, "ascii"))
    : der(0xa0, oid, der(0xa0, der(0x0c, Buffer.from(address, "utf8"))));
  return new x509.Extension("2.5.29.17", false, new Uint8Array(der(0x30, name)));
}

function extensionsOf(kind: Issue["kind"]): x509.Extension[] {
  const { KeyUsageFlags } = x509;
  switch (kind.of) {
    case "address":
      return [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([...usages.email]),
        addressName(kind.address),
      ];
    case "server":
      return [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([...usages.tls]),
        new x509.SubjectAlternativeNameExtension([
          ...kind.hosts.map((value) => ({ type: "dns", value }) as const),
          ...kind.addresses.map((value) => ({ type: "ip", value }) as const),
        ]),
      ];
    case "authority":
      return [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        ...(kind.domain === null ? [] : [nameConstraints(kind.domain)]),
      ];
  }
}

/** Issues a certificate and returns its chain, DER, leaf first. */
export async function issueCertificate(issue: Issue): Promise<readonly Uint8Array[]> {
  const publicKey = new x509.PublicKey(new Uint8Array(spkiOf(issue.key)));
  const authority = issue.issuer?.chain[0];
  const issuer = authority === undefined ? null : new x509.X509Certificate(new Uint8Array(authority));
  const signingKey = issue.issuer?.key ?? issue.key;
  const subject = new x509.Name([{ CN: [{ utf8String: issue.commonName.slice(0, 64) }] }]);
  const certificate = await x509.X509CertificateGenerator.create({
    // RFC 5280 section 4.1.2.2: positive, at most 20 octets.
    serialNumber: Buffer.concat([Buffer.from([0x01]), randomBytes(15)]).toString("hex"),
    subject: subject.toString(),
    issuer: issuer?.subject ?? subject.toString(),
    notBefore: new Date(issue.notBefore * 1000),
    notAfter: new Date(issue.notAfter * 1000),
    publicKey,
    signingKey: libraryKey(signingKey),
    signingAlgorithm: webAlgorithm(signingKey),
    extensions: [
      ...extensionsOf(issue.kind),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer?.publicKey ?? publicKey),
    ],
  });
  return [new Uint8Array(certificate.rawData), ...(issue.issuer?.chain ?? [])];
}
