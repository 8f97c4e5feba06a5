// Who vouches for a certificate: a path to the configured trust store, and what stands in the domain's DNS. The deciding is
// shared/x509/trust.ts'; this file looks things up, once for a newsletter's thousand copies: results are kept by
// certificate, what was said in DNS, and hour, until there are other CRLs or one of them runs out.
import { LRUCache } from "lru-cache";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { leafFacts } from "../../shared/ipp/leaf.ts";
import type { TrustQuestion } from "../../shared/ipp/sources.ts";
import { limits } from "../../shared/limits.ts";
import type { Result } from "../../shared/result.ts";
import { parseCertificate, type Certificate } from "../../shared/x509/certificate.ts";
import { emailProtection } from "../../shared/x509/extensions.ts";
import type { CertificateList } from "../../shared/x509/crl.ts";
import { type PathQuestion, type ValidPath, validatePath } from "../../shared/x509/path.ts";
import { certificateNames } from "../../shared/x509/san.ts";
import { findVouched, type TrustInputs } from "../../shared/x509/trust.ts";
import type { Clock } from "../pipeline/ports.ts";
import type { Revocations } from "./revocation.ts";

/** What was found: decideTrust's inputs about this certificate. */
export type Vouched = Pick<TrustInputs, "store" | "vouched">;

export interface VouchingOptions {
  readonly crypto: Crypto;
  /** CAs of the configured trust store: parsed once, asked anew so that a reload counts. */
  readonly anchors: () => readonly Certificate[];
  readonly revocations: Pick<Revocations, "lists" | "generation">;
  /** Unix seconds. */
  readonly clock: Clock;
}

/** Looks up who vouches for a leaf at `question.at`. */
export type Vouching = (question: TrustQuestion) => Promise<Vouched>;

/** Signers of an hour; each result holds a path's parsed certificates, some 20 kB. */
const keptResults = 1_000;
const hour = 3_600;
/** A path, another one because of its CRLs, and once more: chains that need more are made up. */
const rounds = 3;

interface Kept {
  readonly found: Vouched;
  readonly anchors: readonly Certificate[];
  /** The time between which no certificate of the chain begins or ends to be valid. */
  readonly from: number;
  readonly to: number;
  /** Of the CRLs it was found with. */
  readonly generation: number;
  /** The true time after which one of those has run out, or a certificate of the chain. */
  readonly until: number;
}

/** The address to ask paths for; null: with `sub` the leaf is the base address's, which checkLeaf has decided. */
function askedAddress({ leaf, address, discovery }: TrustQuestion): string | null {
  const hasSubaddresses = (discovery.record?.subaddress ?? null) !== null;
  return hasSubaddresses && !certificateNames(address, leaf) ? null : address;
}

function isCurrent(
  kept: Kept,
  asked: Pick<Kept, "anchors" | "generation"> & { readonly at: number; readonly now: number },
): boolean {
  const { at, now } = asked;
  if (kept.anchors !== asked.anchors || kept.generation !== asked.generation) return false;
  return kept.from <= at && at < kept.to && now <= kept.until;
}

/** Finds paths as validatePath does. */
type Validate = (question: PathQuestion) => Promise<Result<ValidPath>>;

async function pathToStore(
  question: TrustQuestion,
  anchors: readonly Certificate[],
  validate: Validate,
): Promise<TrustInputs["store"]> {
  if (anchors.length === 0) return null;
  const address = askedAddress(question);
  return validate({
    leaf: question.leaf,
    intermediates: question.chain.slice(1),
    anchors,
    at: new Date(question.at * 1000),
    name: address === null ? undefined : { type: "email", value: address },
    extendedKeyUsage: [emailProtection],
    keyUsage: ["digitalSignature"],
  });
}

/** Where validity begins or ends around `at`: between these a result stays true, as far as time goes. */
function validityWindow({ chain, at }: TrustQuestion): { readonly from: number; readonly to: number } {
  const bounds = chain.flatMap((der) => {
    const parsed = parseCertificate(der);
    return parsed.ok ? [parsed.value.notBefore, parsed.value.notAfter + 1] : [];
  });
  const start = Math.floor(at / hour) * hour;
  return {
    from: Math.max(start, ...bounds.filter((bound) => bound <= at)),
    to: Math.min(start + hour, ...bounds.filter((bound) => bound > at)),
  };
}

/** The first true time after `now` at which what CRLs say of the chain may have become untrue. */
function runsOut({ chain }: TrustQuestion, lists: Iterable<CertificateList>, now: number): number {
  const ends = chain.flatMap((der) => {
    const parsed = parseCertificate(der);
    return parsed.ok ? [parsed.value.notAfter] : [];
  });
  for (const { thisUpdate, nextUpdate } of lists) ends.push(nextUpdate ?? thisUpdate + limits.crlSeconds);
  return Math.min(now + hour, ...ends.filter((end) => end >= now));
}

/** Vouching over a trust store, what discovery said, and CRLs at hand. */
export function vouching({ crypto, anchors: store, revocations, clock }: VouchingOptions): Vouching {
  const kept = new LRUCache<string, Kept>({ max: keptResults });
  const digest = (data: Uint8Array): Promise<Uint8Array> | Uint8Array => crypto.digest(data);

  /**
   * validatePath with the CRLs of those who issued the path, judged now: the signer tells `at`, and would tell one before
   * his certificate was revoked. Nobody is asked for CRLs of what leads to nothing trusted.
   */
  function withLists(domain: string, own: boolean, lists: Set<CertificateList>): Validate {
    return async (question) => {
      const revocationAt = new Date(clock.now() * 1000);
      for (let round = 1; ; round += 1) {
        const path = await validatePath({ ...question, crls: [...lists], revocation: "none", revocationAt });
        if (!path.ok || round === rounds) return path;
        const before = lists.size;
        for (const list of await revocations.lists({ certificates: path.value.certificates, domain, own }))
          lists.add(list);
        if (lists.size === before) return path;
      }
    };
  }

  async function lookUp(
    question: TrustQuestion,
    anchors: readonly Certificate[],
    lists: Set<CertificateList>,
  ): Promise<Vouched> {
    const { leaf, chain, at, discovery, domain } = question;
    // Only signed DNS vouches: no path is built for what can't count.
    const digests = discovery.dnssec === "secure" ? (discovery.record?.ca ?? []) : [];
    const address = askedAddress(question);
    return {
      store: await pathToStore(question, anchors, withLists(domain, false, lists)),
      vouched: await findVouched({
        leaf,
        chain,
        address,
        at: new Date(at * 1000),
        digests,
        digest,
        validate: withLists(domain, true, lists),
      }),
    };
  }

  return async (question) => {
    const { leaf, discovery, address, at } = question;
    const anchors = store();
    const { fingerprint } = (await leafFacts(leaf, crypto)).shown;
    const said = `${discovery.dnssec} ${discovery.record?.subaddress ?? ""} ${(discovery.record?.ca ?? []).join(",")}`;
    const key = `${fingerprint} ${question.chain.length} ${address} ${Math.floor(at / hour)} ${said}`;
    const before = kept.get(key);
    const now = clock.now();
    if (before !== undefined && isCurrent(before, { anchors, generation: revocations.generation(), at, now })) {
      return before.found;
    }
    const lists = new Set<CertificateList>();
    // Before looking: a list that comes meanwhile makes this result an old one.
    const generation = revocations.generation();
    const found = await lookUp(question, anchors, lists);
    kept.set(key, { found, anchors, generation, until: runsOut(question, lists, now), ...validityWindow(question) });
    return found;
  };
}
