// Who vouches for the key under which a declaration's signature has verified: all levels that hold, the best of them, and
// what became worse. Protocol section 2. Decides only; whoever calls has looked things up.
import { toBase64Url } from "../encoding/base64.ts";
import { type DnssecState, type TrustFinding, type TrustLevel, trustLevels } from "../ipp/types.ts";
import type { Result } from "../result.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { emailProtection } from "./extensions.ts";
import { type PathQuestion, type ValidPath, validatePath } from "./path.ts";
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
  readonly vouched: Vouched | null;
  /** Host that published the chain, fetched over web PKI from the discovered URL; null: it was not. */
  readonly publishedAt: string | null;
  /** Key ids published beside this one: a roll-over its owner announces is no change to warn of. */
  readonly publishedKeyIds: readonly string[];
  readonly earlier: readonly EarlierKey[];
}

/** Why a domain's TXT record vouches: the key itself stands there, or a CA on a valid path to it. */
export type Vouched = { readonly by: "leaf" } | { readonly by: "ca"; readonly path: ValidPath };

/** What findVouched needs. */
export interface VouchedQuestion extends Pick<PathQuestion, "at" | "crls" | "verifier"> {
  readonly leaf: Certificate;
  /** Certificates published with it, DER, in any order. */
  readonly chain: readonly Uint8Array[];
  /** The address it must hold; null: that was checked otherwise (subaddresses), constraints count all the same. */
  readonly address: string | null;
  /** `ca` of the discovery record: base64url SHA-256 of SubjectPublicKeyInfos. */
  readonly digests: readonly string[];
  digest(data: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

/** Looks for the leaf's key, or for a CA of the chain on a valid path to the leaf, among a domain's digests. */
export async function findVouched(question: VouchedQuestion): Promise<Vouched | null> {
  const { leaf, chain, address, digests } = question;
  if (digests.length === 0) return null;
  const listed = async (certificate: Certificate): Promise<boolean> =>
    digests.includes(toBase64Url(await question.digest(certificate.spki)));
  if (await listed(leaf)) return address === null || certificateNames(address, leaf) ? { by: "leaf" } : null;
  const anchors: Certificate[] = [];
  for (const der of chain) {
    const parsed = parseCertificate(der);
    if (parsed.ok && (await listed(parsed.value))) anchors.push(parsed.value);
  }
  const path = await validatePath({
    leaf,
    intermediates: chain,
    anchors,
    at: question.at,
    name: address === null ? undefined : { type: "email", value: address },
    extendedKeyUsage: [emailProtection],
    keyUsage: ["digitalSignature"],
    crls: question.crls,
    verifier: question.verifier,
  });
  return path.ok ? { by: "ca", path: path.value } : null;
}

type Evidence = TrustFinding["evidence"][number];

/** The levels that hold, best first, and what became worse since earlier mail. */
export function decideTrust(inputs: TrustInputs): TrustFinding {
  const evidence = evidenceOf(inputs);
  const level = evidence[0]?.level ?? "none";
  // What anybody could have sent must not make the true key look changed.
  const earlier = inputs.earlier.filter((key) => key.dkimAligned || isBetter(key.level, "pinned"));
  const known = new Set([inputs.keyId, ...inputs.publishedKeyIds]);
  return {
    level,
    evidence,
    changedKey: earlier.length > 0 && !earlier.some(({ keyId }) => known.has(keyId)),
    lowered: earlier.some((key) => isBetter(key.level, level)),
  };
}

function evidenceOf(inputs: TrustInputs): Evidence[] {
  const { store, vouched, domain, dnssec, publishedAt, earlier, keyId } = inputs;
  // A key its own issuer has withdrawn is worth nothing, whoever else still names it.
  if (store?.ok === false && store.code === "x509/revoked") return [{ level: "none", detail: "certificate revoked" }];
  const evidence: Evidence[] = [];
  if (store?.ok === true) evidence.push({ level: "pkix", detail: `a path leads to ${anchorOf(store.value)}` });
  // An insecure TXT record vouches for nothing: whoever can forge it can forge the mail's way as well.
  if (vouched !== null && dnssec === "secure")
    evidence.push({ level: "domain", detail: vouchedDetail(vouched, domain) });
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
