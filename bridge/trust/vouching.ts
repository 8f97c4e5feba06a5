// Who vouches for a certificate: which trust levels hold, with what shows each. Protocol section 2.
// Results are kept by certificate, what vouches and hour: no path is built twice for a newsletter's thousand copies.
import { LRUCache } from "lru-cache";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { toBase64Url } from "../../shared/encoding/base64.ts";
import type { TrustQuestion } from "../../shared/ipp/sources.ts";
import type { TrustFinding } from "../../shared/ipp/types.ts";
import { parseCertificate, type Certificate } from "../../shared/x509/certificate.ts";
import { emailProtection } from "../../shared/x509/extensions.ts";
import { validatePath } from "../../shared/x509/path.ts";
import { certificateNames } from "../../shared/x509/san.ts";

/** One level that holds, and what shows it. */
export type Evidence = TrustFinding["evidence"][number];

export interface VouchingOptions {
  readonly crypto: Crypto;
  /** CAs of the configured trust store: parsed once, asked anew so that a reload counts. */
  readonly anchors: () => readonly Certificate[];
}

/** The levels that hold at `question.at`, best first; `self` always does, as the signature has verified. */
export type Vouching = (question: TrustQuestion) => Promise<readonly Evidence[]>;

const keptResults = 5_000;
const hour = 3_600;

interface Kept {
  readonly evidence: readonly Evidence[];
  readonly anchors: readonly Certificate[];
  /** The time between which no certificate of the chain begins or ends to be valid. */
  readonly from: number;
  readonly to: number;
}

/** Whether a path leads from the leaf to one of the anchors, for this address. */
async function leadsTo(
  anchors: readonly Certificate[],
  question: TrustQuestion,
  intermediates: readonly Uint8Array[],
): Promise<Certificate | null> {
  if (anchors.length === 0) return null;
  const { leaf, address, at, discovery } = question;
  // With `sub` the leaf may be the base address's: checkLeaf has decided that, the path asks for constraints only.
  const named = certificateNames(address, leaf);
  if (!named && (discovery.record?.subaddress ?? null) === null) return null;
  const path = await validatePath({
    leaf,
    intermediates,
    anchors,
    at: new Date(at * 1000),
    name: named ? { type: "email", value: address } : undefined,
    extendedKeyUsage: [emailProtection],
    keyUsage: ["digitalSignature"],
  });
  return path.ok ? (path.value.certificates.at(-1) ?? null) : null;
}

/** `domain`: the leaf's key digest, or that of a CA on a valid path, stands in a secure TXT record. */
async function vouchedByDomain(question: TrustQuestion, crypto: Crypto): Promise<Evidence | null> {
  const { discovery, domain, leaf, chain } = question;
  const digests = discovery.record?.ca ?? [];
  if (discovery.dnssec !== "secure" || digests.length === 0) return null;
  const digestOf = async (certificate: Certificate): Promise<string> =>
    toBase64Url(await crypto.digest(certificate.spki));
  if (digests.includes(await digestOf(leaf))) {
    return { level: "domain", detail: `the key stands in the signed DNS of ${domain}` };
  }
  const issuers = chain.slice(1).flatMap((der) => {
    const parsed = parseCertificate(der);
    return parsed.ok ? [parsed.value] : [];
  });
  const named = await Promise.all(
    issuers.map(async (issuer) => (digests.includes(await digestOf(issuer)) ? [issuer] : [])),
  );
  const anchor = await leadsTo(named.flat(), question, chain.slice(1));
  return anchor === null
    ? null
    : { level: "domain", detail: `issued by ${anchor.subject.text}, which stands in the signed DNS of ${domain}` };
}

async function vouchedByStore(question: TrustQuestion, anchors: readonly Certificate[]): Promise<Evidence | null> {
  const anchor = await leadsTo(anchors, question, question.chain.slice(1));
  return anchor === null ? null : { level: "pkix", detail: `a path leads to ${anchor.subject.text}` };
}

/** Where validity begins or ends around `at`: between these a result stays true, as far as time goes. */
function window(question: TrustQuestion): { readonly from: number; readonly to: number } {
  const bounds = question.chain.flatMap((der) => {
    const parsed = parseCertificate(der);
    return parsed.ok ? [parsed.value.notBefore, parsed.value.notAfter + 1] : [];
  });
  const { at } = question;
  const start = Math.floor(at / hour) * hour;
  return {
    from: Math.max(start, ...bounds.filter((bound) => bound <= at)),
    to: Math.min(start + hour, ...bounds.filter((bound) => bound > at)),
  };
}

/** Vouching over a trust store and what discovery said. */
export function vouching(options: VouchingOptions): Vouching {
  const kept = new LRUCache<string, Kept>({ max: keptResults });

  async function evidenceFor(question: TrustQuestion, anchors: readonly Certificate[]): Promise<readonly Evidence[]> {
    const { discovery, domain } = question;
    const url = discovery.record?.url ?? null;
    const found: (Evidence | null)[] = [
      await vouchedByStore(question, anchors),
      await vouchedByDomain(question, options.crypto),
      url === null ? null : { level: "site", detail: `published at ${new URL(url).host} for ${domain}` },
    ];
    return found.filter((one) => one !== null);
  }

  return async (question) => {
    const { leaf, discovery, address, at } = question;
    const anchors = options.anchors();
    const digest = toBase64Url(await options.crypto.digest(leaf.der));
    const said = `${discovery.dnssec} ${discovery.record?.url ?? ""} ${(discovery.record?.ca ?? []).join(",")}`;
    const key = `${digest} ${question.chain.length} ${address} ${Math.floor(at / hour)} ${said}`;
    const before = kept.get(key);
    if (before !== undefined && before.anchors === anchors && before.from <= at && at < before.to) {
      return before.evidence;
    }
    const evidence = await evidenceFor(question, anchors);
    kept.set(key, { evidence, anchors, ...window(question) });
    return evidence;
  };
}
