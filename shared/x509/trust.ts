// Who vouches for the key under which a declaration's signature has verified: all levels that hold, the best of them, and
// what became worse. Protocol section 2. Decides only; whoever calls has looked things up.
import { toBase64Url } from "../encoding/base64.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { type DnssecState, type TrustFinding, type TrustLevel, trustLevels } from "../ipp/types.ts";
import { ok, type Result } from "../result.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { emailProtection } from "./extensions.ts";
import type { PathQuestion, ValidPath } from "./path.ts";
import { certificateNames } from "./san.ts";

/** A key that earlier mail of the address was signed with. */
export interface EarlierKey {
  /** base64url SHA-256 of the SubjectPublicKeyInfo. */
  readonly keyId: string;
  /** The best level that held then. */
  readonly level: TrustLevel;
  /** That mail's DKIM passed, aligned with its From (RFC 7489 section 3.1.1). */
  readonly dkimAligned: boolean;
}

/** Everything decideTrust weighs. */
export interface TrustInputs {
  /** Key id of the leaf under which the signature verified. */
  readonly keyId: string;
  /** The signer's domain, A-labels. */
  readonly domain: string;
  /** validatePath's answer for the trust store, with address and emailProtection asked for; null: there is no store. */
  readonly store: Result<ValidPath> | null;
  readonly dnssec: DnssecState;
  /** findVouched's answer; null: nothing of the chain stands in the TXT record. */
  readonly vouched: Result<Vouched> | null;
  /** The true time, Unix seconds, at which revocation was asked for: never one that the signer tells. */
  readonly now: number;
  /** Host that published the chain, fetched over web PKI from the discovered URL; null: it was not. */
  readonly publishedAt: string | null;
  /** Key ids published beside this one: a roll-over its owner announces is no change to warn of. */
  readonly publishedKeyIds: readonly string[];
  readonly earlier: readonly EarlierKey[];
}

/** Why a domain's TXT record vouches: the key itself stands there, or a CA on a valid path to it. */
export type Vouched = { readonly by: "leaf" } | { readonly by: "ca"; readonly path: ValidPath };

/** What findVouched needs. */
export interface VouchedQuestion extends Pick<PathQuestion, "at"> {
  readonly leaf: Certificate;
  /** Certificates published with it, DER, in any order. */
  readonly chain: readonly Uint8Array[];
  /** The address it must hold; null: that was checked otherwise (subaddresses), constraints count all the same. */
  readonly address: string | null;
  /** `ca` of the discovery record: base64url SHA-256 of SubjectPublicKeyInfos. */
  readonly digests: readonly string[];
  digest(data: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** validatePath, or what asks it with CRLs at hand. */
  validate(question: PathQuestion): Promise<Result<ValidPath>>;
}

/**
 * Looks for the leaf's key, or for a CA of the chain on a valid path to the leaf, among a domain's digests. null: none of
 * them stands there; fails as validatePath where one does and has not issued the leaf, or has withdrawn it, whether or not
 * the leaf's key stands there too.
 */
export async function findVouched(question: VouchedQuestion): Promise<Result<Vouched> | null> {
  const { leaf, digests, address } = question;
  if (digests.length === 0) return null;
  const listed = async (certificate: Certificate): Promise<boolean> =>
    digests.includes(toBase64Url(await question.digest(certificate.spki)));
  if (!(await listed(leaf))) return byAuthority(question, listed);
  if (address !== null && !certificateNames(address, leaf)) return null;
  const path = await byAuthority(question, listed);
  return isRevoked(path) ? path : ok({ by: "leaf" });
}

/** The same by a CA of the chain alone. */
async function byAuthority(
  question: VouchedQuestion,
  listed: (certificate: Certificate) => Promise<boolean>,
): Promise<Result<Vouched> | null> {
  const { leaf, chain, address } = question;
  const anchors: Certificate[] = [];
  for (const der of chain) {
    const parsed = parseCertificate(der);
    // The leaf, were it its own anchor, would have no issuer to ask.
    if (!parsed.ok || equalBytes(parsed.value.spki, leaf.spki)) continue;
    if (await listed(parsed.value)) anchors.push(parsed.value);
  }
  if (anchors.length === 0) return null;
  const path = await question.validate({
    leaf,
    intermediates: chain,
    anchors,
    at: question.at,
    name: address === null ? undefined : { type: "email", value: address },
    extendedKeyUsage: [emailProtection],
    keyUsage: ["digitalSignature"],
  });
  return path.ok ? ok({ by: "ca", path: path.value }) : path;
}

/**
 * Whether the issuers of a path are known not to have withdrawn anything of it: each certificate that says where its CRL
 * is has to be covered by one that is fresh at `now`. An expired certificate may be gone from its CRL (RFC 5280 section
 * 3.3), so that none speaks for it.
 */
function isRevocationKnown({ certificates, revocation }: ValidPath, now: number): boolean {
  return certificates.slice(0, -1).every((certificate, index) => {
    if (certificate.crlDistributionPoints.length === 0) return true;
    return revocation[index]?.state === "good" && certificate.notAfter >= now;
  });
}

type Evidence = TrustFinding["evidence"][number];

/** The levels that hold, best first, and what became worse since earlier mail. */
export function decideTrust(inputs: TrustInputs): TrustFinding {
  const evidence = evidenceOf(inputs);
  const level = evidence[0]?.level ?? "none";
  // What anybody could have sent must not make the true key look changed.
  const earlier = inputs.earlier.filter((key) => key.dkimAligned || isBetter(key.level, "pinned"));
  const known = new Set([inputs.keyId, ...inputs.publishedKeyIds]);
  const revocationUnknown = level !== "none" && pathsOf(inputs).some((path) => !isRevocationKnown(path, inputs.now));
  return {
    level,
    evidence,
    changedKey: earlier.length > 0 && !earlier.some(({ keyId }) => known.has(keyId)),
    // A level that waits for a CRL is not lost: that it is unknown is said instead.
    lowered: !revocationUnknown && earlier.some((key) => isBetter(key.level, level)),
    revocationUnknown,
  };
}

/** The paths that lead to something trusted. An insecure TXT record is not: who can forge it can forge the mail's way too. */
function pathsOf({ store, vouched, dnssec }: TrustInputs): ValidPath[] {
  const paths = store?.ok === true ? [store.value] : [];
  if (dnssec === "secure" && vouched?.ok === true && vouched.value.by === "ca") paths.push(vouched.value.path);
  return paths;
}

function isRevoked(answer: Result<unknown> | null): boolean {
  return answer?.ok === false && answer.code === "x509/revoked";
}

function evidenceOf(inputs: TrustInputs): Evidence[] {
  const { store, vouched, domain, dnssec, publishedAt, earlier, keyId, now } = inputs;
  // A key its own issuer has withdrawn is worth nothing, whoever else still names it.
  if (isRevoked(store) || (dnssec === "secure" && isRevoked(vouched)))
    return [{ level: "none", detail: "certificate revoked" }];
  const evidence: Evidence[] = [];
  if (store?.ok === true && isRevocationKnown(store.value, now))
    evidence.push({ level: "pkix", detail: `a path leads to ${anchorOf(store.value)}` });
  if (
    vouched?.ok === true &&
    dnssec === "secure" &&
    (vouched.value.by === "leaf" || isRevocationKnown(vouched.value.path, now))
  )
    evidence.push({ level: "domain", detail: vouchedDetail(vouched.value, domain) });
  if (publishedAt !== null) evidence.push({ level: "site", detail: `published at ${publishedAt} for ${domain}` });
  if (earlier.some((key) => key.keyId === keyId && key.dkimAligned))
    evidence.push({ level: "pinned", detail: "earlier mail with this key had aligned DKIM" });
  return [...evidence, { level: "self", detail: "the signature verifies under this key" }];
}

function vouchedDetail(vouched: Vouched, domain: string): string {
  return vouched.by === "leaf"
    ? `the key stands in the signed DNS of ${domain}`
    : `issued by ${anchorOf(vouched.path)}, which stands in the signed DNS of ${domain}`;
}

function anchorOf({ certificates }: ValidPath): string {
  return (certificates.at(-1)?.subject.text ?? "").slice(0, 200);
}

function isBetter(one: TrustLevel, other: TrustLevel): boolean {
  return trustLevels.indexOf(one) < trustLevels.indexOf(other);
}
