// Mails for tests: identities with keys and certificates, signed mails, and a directory of plain maps in the place of DNS
// and of what senders publish. Nothing here touches the network or the real clock.
import { createHash } from "node:crypto";
import { issueCertificate, type Issuer } from "../../bridge/keys/issue.ts";
import { generateKey, type KeyKind } from "../../bridge/keys/key-file.ts";
import { keyIdOf, nodeCrypto, nodeSigner, spkiOf } from "../../bridge/keys/node-crypto.ts";
import type { Signer } from "../../shared/crypto/crypto.ts";
import { bytesFromString, concatBytes } from "../../shared/encoding/bytes.ts";
import { relaxBody } from "../../shared/header/canonical.ts";
import type { HeaderField, Message } from "../../shared/header/field.ts";
import { isSealSigner, type SealSigner } from "../../shared/hop/key-types.ts";
import type { PublishedKey } from "../../shared/hop/keys.ts";
import type { HopSignal } from "../../shared/hop/types.ts";
import { parseDiscoveryRecords } from "../../shared/ipp/discovery.ts";
import { signDeclaration } from "../../shared/ipp/sign.ts";
import type { CertificateQuestion, DeclarationSources, TrustQuestion } from "../../shared/ipp/sources.ts";
import type { TokenKey } from "../../shared/ipp/token.ts";
import type { Declaration, DnssecState, TrustFinding } from "../../shared/ipp/types.ts";
import { ok, temp, type Result } from "../../shared/result.ts";
import { parseCertificate, type Certificate } from "../../shared/x509/certificate.ts";

/** The time in tests, Unix seconds: 22 November 2025, 22:20:00 UTC. */
export const testTime = 1_763_850_000;
const day = 86_400;

/** The value of a result that must be good. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) {
    throw new Error(`${result.code}: ${result.detail}`);
  }
  return result.value;
}

/** node:crypto's primitives, one instance for all tests of a file. */
export const testCrypto = nodeCrypto();

/** Somebody who can sign: a key and a certificate for an address. */
export interface Identity {
  readonly address: string;
  readonly signer: Signer;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly leaf: Certificate;
}

/** A new key with a certificate for `address`, self-signed unless an issuer is given. Valid from a day before testTime for a year. */
export async function makeIdentity(
  address: string,
  options: {
    readonly kind?: KeyKind;
    readonly issuer?: Issuer;
    readonly notBefore?: number;
    readonly notAfter?: number;
  } = {},
): Promise<Identity> {
  const key = generateKey(options.kind ?? "p256");
  const chain = await issueCertificate({
    commonName: address,
    key,
    notBefore: options.notBefore ?? testTime - day,
    notAfter: options.notAfter ?? testTime + 365 * day,
    kind: { of: "address", address },
    issuer: options.issuer ?? null,
  });
  const signer = nodeSigner(key);
  const [leaf] = chain;
  if (signer === null || leaf === undefined) {
    throw new Error("generateKey made a key that signs no mail");
  }
  return { address, signer, chain, leaf: must(parseCertificate(leaf)) };
}

/** A CA that may issue for addresses of `domain`. */
export async function makeAuthority(domain: string): Promise<Issuer> {
  const key = generateKey("p256");
  const chain = await issueCertificate({
    commonName: `${domain} mail CA`,
    key,
    notBefore: testTime - 30 * day,
    notAfter: testTime + 3_650 * day,
    kind: { of: "authority", domain },
    issuer: null,
  });
  return { key, chain };
}

/** A mail's parts; all have defaults. Header texts are byte strings. */
export interface MailParts {
  readonly from?: string;
  readonly to?: string;
  readonly cc?: string;
  readonly subject?: string;
  readonly date?: string;
  readonly messageId?: string;
  /** Further fields, below the usual ones: ["List-Id", "<a.example>"]. */
  readonly more?: readonly (readonly [name: string, value: string])[];
  /** CRLF lines. */
  readonly body?: string;
}

/** An unsigned mail from alice@example.org to bob@example.net. */
export function makeMail(parts: MailParts = {}): Message {
  const pairs: (readonly [string, string])[] = [
    ["From", parts.from ?? "Alice <alice@example.org>"],
    ["To", parts.to ?? "Bob <bob@example.net>"],
    ...(parts.cc === undefined ? [] : ([["Cc", parts.cc]] as const)),
    ["Subject", parts.subject ?? "Your invoice 4711"],
    ["Date", parts.date ?? "Sat, 22 Nov 2025 22:20:00 +0000"],
    ["Message-ID", parts.messageId ?? "<4711@example.org>"],
    ["MIME-Version", "1.0"],
    ["Content-Type", "text/plain; charset=us-ascii"],
    ["Content-Transfer-Encoding", "7bit"],
    ...(parts.more ?? []),
  ];
  const fields = pairs.map(([name, value]) => ({ name, value: ` ${value}` }));
  return { fields, body: bytesFromString(parts.body ?? "Dear Bob,\r\n\r\nplease pay 12.50 EUR.\r\n\r\nAlice\r\n") };
}

/** The mail as it goes over the wire. */
export function rawMail(mail: Message): Uint8Array {
  const header = mail.fields.map((field) => `${field.name}:${field.value}\r\n`).join("");
  return concatBytes(bytesFromString(`${header}\r\n`), mail.body);
}

/** The same mail with fields put above all others, first one topmost. */
export function withFields(mail: Message, ...fields: readonly HeaderField[]): Message {
  return { fields: [...fields, ...mail.fields], body: mail.body };
}

/** The same mail with the values of all fields of one name replaced; `edit` returning null removes the field. */
export function editField(mail: Message, name: string, edit: (value: string) => string | null): Message {
  const fields = mail.fields.flatMap((field) => {
    const value = field.name.toLowerCase() === name.toLowerCase() ? edit(field.value) : field.value;
    return value === null ? [] : [{ name: field.name, value }];
  });
  return { fields, body: mail.body };
}

/** SHA-256 of the relaxed body. */
export function bodyHashOf(mail: Message): Buffer {
  return createHash("sha256")
    .update(must(relaxBody(mail.body)))
    .digest();
}

/** The sender's token key in tests. */
export const testTokenKey: TokenKey = { id: 7, secret: new Uint8Array(32).fill(0x5a) };

/** What is declared where a test doesn't say. */
export const testDeclaration: Declaration = {
  purpose: "transactional.invoice",
  classification: "individual",
  consent: "relationship",
};

/** The mail with IPP-Signature and IPP-Purpose on top. */
export async function signMail(
  mail: Message,
  identity: Pick<Identity, "signer">,
  options: {
    readonly declaration?: Declaration;
    /** Unix seconds. */
    readonly now?: number;
    readonly lifetimeSeconds?: number;
    readonly tokenKey?: TokenKey;
    readonly nonce?: Uint8Array;
  } = {},
): Promise<Message> {
  const signed = await signDeclaration({
    fields: mail.fields,
    bodyHash: bodyHashOf(mail),
    declaration: options.declaration ?? testDeclaration,
    now: options.now ?? testTime,
    lifetimeSeconds: options.lifetimeSeconds ?? 7 * day,
    signer: identity.signer,
    tokenKey: options.tokenKey ?? testTokenKey,
    crypto: testCrypto,
    ...(options.nonce === undefined ? {} : { nonce: options.nonce }),
  });
  const { purpose, signature } = must(signed);
  return withFields(mail, signature, purpose);
}

/** What a test's world knows. */
export interface DirectoryEntries {
  /** TXT records of `_ipp.<domain>` by domain; "temp": the resolver fails. */
  readonly records?: Readonly<Record<string, readonly string[] | "temp">>;
  readonly dnssec?: DnssecState;
  /** Who has published certificates. */
  readonly published?: readonly Identity[];
  /** The senders' hosts do not answer. */
  readonly down?: boolean;
  /** Who vouches; by default "site". */
  readonly trust?: (question: TrustQuestion) => TrustFinding;
}

/** DeclarationSources over plain maps. `asked` lists every question in order: "discover example.org", "certificates alice@…". */
export function makeDirectory(entries: DirectoryEntries): DeclarationSources & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    crypto: testCrypto,
    asked,
    discover(domain: string) {
      asked.push(`discover ${domain}`);
      const records = entries.records?.[domain] ?? [];
      if (records === "temp") {
        return temp("dns/servfail", domain);
      }
      const record = parseDiscoveryRecords(records, domain);
      return record.ok ? ok({ record: record.value, dnssec: entries.dnssec ?? "insecure" }) : record;
    },
    certificates(question: CertificateQuestion) {
      asked.push(`certificates ${question.address}`);
      if (entries.down === true) {
        return temp("fetch/timeout", question.domain);
      }
      const found = (entries.published ?? []).filter((identity) => identity.signer.keyId === question.keyId);
      return ok(found.map(({ leaf, chain }) => ({ leaf, chain })));
    },
    trust(question: TrustQuestion) {
      asked.push(`trust ${question.address}`);
      return (
        entries.trust?.(question) ?? {
          level: "site",
          evidence: [{ level: "site", detail: "test directory" }],
          changedKey: false,
          lowered: false,
          revocationUnknown: false,
        }
      );
    },
  };
}

/** The usual record of a domain in tests. */
export function testRecord(more = ""): readonly string[] {
  return [`v=IPP1; t=url; url=https://ipp.example/{d}/${more === "" ? "" : `; ${more}`}`];
}

/** A bridge's seal key, P-256 unless said otherwise, believed from 30 days before testTime for 90 days. */
export function makeBridgeKey(
  options: { readonly kind?: "p256" | "ed25519"; readonly notBefore?: number; readonly notAfter?: number } = {},
): {
  readonly signer: SealSigner;
  readonly key: PublishedKey;
} {
  const key = generateKey(options.kind ?? "p256");
  const signer = nodeSigner(key);
  if (signer === null || !isSealSigner(signer)) {
    throw new Error("generateKey made a key that does not seal");
  }
  const spki = spkiOf(key);
  return {
    signer,
    key: {
      keyId: keyIdOf(spki),
      spki,
      notBefore: options.notBefore ?? testTime - 30 * day,
      notAfter: options.notAfter ?? testTime + 60 * day,
      revoked: false,
      endorsement: null,
    },
  };
}

/** A Hop-Signal of example.net's border about nothing in particular. */
export function makeSignal(mail: Message, signer: SealSigner, more: Partial<HopSignal> = {}): HopSignal {
  return {
    domain: "example.net",
    keyId: signer.keyId,
    algorithm: signer.algorithm,
    hop: 1,
    by: "mx1.example.net",
    queueId: "4XyZ1234",
    at: testTime + 5,
    ip: "192.0.2.25",
    rdns: "mail.example.org",
    helo: "mail.example.org",
    protocol: "ESMTPS",
    tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: 256, group: null, sni: null },
    clientCertificate: { state: "none", fingerprint: null, keyFingerprint: null },
    publishes: ["dane"],
    policy: { rule: "default", action: "accept" },
    serverTrust: null,
    declaration: "pass",
    purpose: testDeclaration.purpose,
    trust: "site",
    warnings: [],
    allMail: false,
    action: "accept",
    ref: "r-1",
    recipientCommitment: null,
    bodyHash: bodyHashOf(mail).toString("base64url"),
    ...more,
  };
}
