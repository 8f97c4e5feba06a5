// The certificates an address has published: `<alias>.pub?ks=…` fetched, taken apart, parsed once. Protocol sections 1 and 2.
// A key that a fresh answer no longer has is withdrawn: nothing is found for it, whatever was known before.
import { decodeUtf8, stringFromBytes } from "../../shared/encoding/bytes.ts";
import { aliasFor, publicationUrl, withoutSubaddress } from "../../shared/ipp/alias.ts";
import { leafFacts } from "../../shared/ipp/leaf.ts";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import type { CertificateQuestion, PublishedChain } from "../../shared/ipp/sources.ts";
import { limits } from "../../shared/limits.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import { parseCertificate, type Certificate } from "../../shared/x509/certificate.ts";
import { parsePem } from "../../shared/x509/pem.ts";
import type { Documents } from "../fetch/documents.ts";

interface Parsed {
  readonly keyId: string;
  readonly published: PublishedChain;
}

/** What addresses have published. */
export interface Publications {
  /** The chains of one key of one address. */
  readonly certificates: (question: CertificateQuestion) => Promise<Result<readonly PublishedChain[]>>;
  /** Key ids that stood in the document a chain of ours came from: what its owner has published at one time. */
  readonly besides: (chain: readonly Uint8Array[]) => readonly string[];
}

function namesSomebody(certificate: Certificate): boolean {
  return certificate.emails.length > 0 || certificate.smtpUtf8Mailboxes.length > 0;
}

/** A document's certificates as chains: each certificate that names a mailbox starts one, what follows are its issuers. */
export function splitChains(ders: readonly Uint8Array[]): Result<readonly PublishedChain[]> {
  const chains: { leaf: Certificate; chain: Uint8Array[] }[] = [];
  for (const der of ders) {
    const parsed = parseCertificate(der);
    if (!parsed.ok) return parsed;
    const current = chains.at(-1);
    if (current === undefined || namesSomebody(parsed.value)) chains.push({ leaf: parsed.value, chain: [der] });
    else if (current.chain.length < limits.chainCertificates) current.chain.push(der);
    else return perm("trust/chain-length", `more than ${limits.chainCertificates} certificates in one chain`);
  }
  return ok(chains);
}

async function parseDocument(body: Uint8Array, crypto: Crypto): Promise<Result<readonly Parsed[]>> {
  const ders = parsePem(decodeUtf8(stringFromBytes(body)));
  if (ders.ok && ders.value.length > limits.publishedCertificates) {
    return perm("trust/too-many", `more than ${limits.publishedCertificates} certificates`);
  }
  const chains = ders.ok ? splitChains(ders.value) : ders;
  if (!chains.ok) return chains;
  const parsed = chains.value.map(async (published) => {
    const { keyId } = await leafFacts(published.leaf, crypto);
    return { keyId, published };
  });
  return ok(await Promise.all(parsed));
}

/** Published certificates over documents. Failures: the documents', x509's, and trust/no-url where the record has no url. */
export function publishedCertificates(documents: Documents, crypto: Crypto): Publications {
  // By the very array that the documents' cache hands out again and again: parsing costs more than verifying.
  const parsedBodies = new WeakMap<Uint8Array, Promise<Result<readonly Parsed[]>>>();
  const siblings = new WeakMap<readonly Uint8Array[], readonly string[]>();

  async function parsedOnce(body: Uint8Array): Promise<Result<readonly Parsed[]>> {
    const parsed = await parseDocument(body, crypto);
    const keyIds = parsed.ok ? parsed.value.map(({ keyId }) => keyId) : [];
    for (const { published } of parsed.ok ? parsed.value : []) siblings.set(published.chain, keyIds);
    return parsed;
  }

  async function chainsAt(url: string, question: CertificateQuestion): Promise<Result<readonly PublishedChain[]>> {
    const document = await documents.get(url, question.domain);
    if (!document.ok) return document;
    const { body } = document.value;
    if (body === null) return ok([]);
    const parsing = parsedBodies.get(body) ?? parsedOnce(body);
    parsedBodies.set(body, parsing);
    const parsed = await parsing;
    if (!parsed.ok) return parsed;
    return ok(parsed.value.filter(({ keyId }) => keyId === question.keyId).map(({ published }) => published));
  }

  async function certificates(question: CertificateQuestion): Promise<Result<readonly PublishedChain[]>> {
    const { record } = question.discovery;
    if (record === null) return ok([]);
    // With `sub`, alice+x signs with alice's key: asked for first, as that is what such domains do.
    const base = withoutSubaddress(question.localPart, record.subaddress);
    for (const localPart of base === question.localPart ? [base] : [base, question.localPart]) {
      const url = publicationUrl(record, await aliasFor(localPart, crypto), "pub", question.keyId);
      if (url === null) return ok([]);
      const found = await chainsAt(url, question);
      if (!found.ok || found.value.length > 0) return found;
    }
    return ok([]);
  }

  return { certificates, besides: (chain) => siblings.get(chain) ?? [] };
}
