// Who vouches for a certificate: a path to the configured trust store, and what stands in the domain's DNS. The deciding is
// shared/x509/trust.ts'; this file looks things up, once for a newsletter's thousand copies: results are kept by
// certificate, what was said in DNS, and hour.
import { LRUCache } from "lru-cache";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { toBase64Url } from "../../shared/encoding/base64.ts";
import type { TrustQuestion } from "../../shared/ipp/sources.ts";
import { parseCertificate, type Certificate } from "../../shared/x509/certificate.ts";
import { emailProtection } from "../../shared/x509/extensions.ts";
import { validatePath } from "../../shared/x509/path.ts";
import { certificateNames } from "../../shared/x509/san.ts";
import { findVouched, type TrustInputs } from "../../shared/x509/trust.ts";

/** What was found: decideTrust's inputs about this certificate. */
export type Vouched = Pick<TrustInputs, "store" | "vouched">;

export interface VouchingOptions {
  readonly crypto: Crypto;
  /** CAs of the configured trust store: parsed once, asked anew so that a reload counts. */
  readonly anchors: () => readonly Certificate[];
}

/** Looks up who vouches for a leaf at `question.at`. */
export type Vouching = (question: TrustQuestion) => Promise<Vouched>;

/** Signers of an hour; each result holds a path's parsed certificates, some 20 kB. */
const keptResults = 1_000;
const hour = 3_600;

interface Kept {
  readonly found: Vouched;
  readonly anchors: readonly Certificate[];
  /** The time between which no certificate of the chain begins or ends to be valid. */
  readonly from: number;
  readonly to: number;
}

/** The address to ask paths for; null: with `sub` the leaf is the base address's, which checkLeaf has decided. */
function askedAddress({ leaf, address, discovery }: TrustQuestion): string | null {
  const hasSubaddresses = (discovery.record?.subaddress ?? null) !== null;
  return hasSubaddresses && !certificateNames(address, leaf) ? null : address;
}

async function pathToStore(question: TrustQuestion, anchors: readonly Certificate[]): Promise<TrustInputs["store"]> {
  if (anchors.length === 0) return null;
  const address = askedAddress(question);
  return validatePath({
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

/** Vouching over a trust store and what discovery said. */
export function vouching({ crypto, anchors: store }: VouchingOptions): Vouching {
  const kept = new LRUCache<string, Kept>({ max: keptResults });
  const digest = (data: Uint8Array): Promise<Uint8Array> | Uint8Array => crypto.digest(data);

  async function lookUp(question: TrustQuestion, anchors: readonly Certificate[]): Promise<Vouched> {
    const { leaf, chain, at, discovery } = question;
    // Only signed DNS vouches: no path is built for what can't count.
    const digests = discovery.dnssec === "secure" ? (discovery.record?.ca ?? []) : [];
    const address = askedAddress(question);
    return {
      store: await pathToStore(question, anchors),
      vouched: await findVouched({ leaf, chain, address, at: new Date(at * 1000), digests, digest }),
    };
  }

  return async (question) => {
    const { leaf, discovery, address, at } = question;
    const anchors = store();
    const fingerprint = toBase64Url(await crypto.digest(leaf.der));
    const said = `${discovery.dnssec} ${discovery.record?.subaddress ?? ""} ${(discovery.record?.ca ?? []).join(",")}`;
    const key = `${fingerprint} ${question.chain.length} ${address} ${Math.floor(at / hour)} ${said}`;
    const before = kept.get(key);
    if (before !== undefined && before.anchors === anchors && before.from <= at && at < before.to) return before.found;
    const found = await lookUp(question, anchors);
    kept.set(key, { found, anchors, ...validityWindow(question) });
    return found;
  };
}
