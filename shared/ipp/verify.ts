// Verifies one mail's declaration: form, times, signer, key, signature, then who it is addressed to. Protocol section 3.
// Cheap checks come first; nothing is asked of anybody but the From domain's own TXT record before the form holds.
// Mail's faults are findings, never failures or exceptions. `copy` and `replay` are the bridge's memory, added after this.
import { bytesFromString } from "../encoding/bytes.ts";
import { parseAddress } from "../header/address.ts";
import { relaxedField } from "../header/canonical.ts";
import type { HeaderField } from "../header/field.ts";
import { withoutSignature } from "../header/taglist.ts";
import { ok, type Result } from "../result.ts";
import { readClaims, type Claims } from "./claims.ts";
import { dnsDomains, fromDomains } from "./from-domains.ts";
import { checkLeaf, leafFacts } from "./leaf.ts";
import { offlineStop } from "./offline-checks.ts";
import { bindRecipient } from "./recipients.ts";
import { signerClaim, type Signature } from "./signature.ts";
import { indexFields, signedData, type FieldIndex } from "./signed-data.ts";
import type { DeclarationSources, Discovery, PublishedChain } from "./sources.ts";
import { stop, stopped, type Stop } from "./stop.ts";
import { trustLevels, type DeclarationFinding, type TrustFinding } from "./types.ts";

/** One mail as its declaration is verified. */
export interface DeclarationInput {
  /** All header fields, top to bottom. */
  readonly fields: readonly HeaderField[];
  /** SHA-256 of the relaxed body. */
  readonly bodyHash: Uint8Array;
  /** White space that this digest does not see decides where parts of the body begin (header/part-ends.ts). */
  readonly hidesPartEnds: boolean;
  /** Envelope recipients (addr-specs, Unicode). None known: the result is `forwarded` at best. */
  readonly recipients: readonly string[];
  /** Unix seconds. */
  readonly now: number;
}

const untrusted: TrustFinding = {
  level: "none",
  evidence: [],
  changedKey: false,
  lowered: false,
  revocationUnknown: false,
};

/** Chains looked at for one key: a leaf and its renewals under the same key. */
const maxChains = 10;

/** The chains whose leaf may sign, or why there is none. */
async function usableChains(
  signature: Signature,
  discovery: Discovery,
  sources: DeclarationSources,
): Promise<readonly PublishedChain[] | Stop> {
  if (discovery.record === null) {
    return stop("permerror", "ipp/no-record", `${signature.domain} publishes no _ipp record`);
  }
  const { address, domain, keyId, algorithm, mailbox } = signature;
  const chains = await sources.certificates({ discovery, address, localPart: mailbox.localPart, domain, keyId });
  if (!chains.ok) {
    return stopped(chains);
  }
  const question = { keyId, algorithm, mailbox, subaddress: discovery.record.subaddress, at: signature.signedAt };
  let why = stop("permerror", "ipp/no-key", "no certificate with this key is published for the address");
  const usable: PublishedChain[] = [];
  for (const chain of chains.value.slice(0, maxChains)) {
    const checked = await checkLeaf(chain.leaf, question, sources.crypto);
    if (checked.ok) {
      usable.push(chain);
    } else {
      why = { ...stopped(checked), ...(checked.code === "ipp/certificate-expired" ? { result: "expired" } : {}) };
    }
  }
  return usable.length > 0 ? usable : why;
}

/**
 * The best that vouches for any of the chains, which share the key; or that one of them is withdrawn: whoever has a key
 * that was stolen has it under all its certificates.
 */
async function bestTrust(
  chains: readonly PublishedChain[],
  question: { address: string; domain: string; discovery: Discovery; at: number },
  sources: DeclarationSources,
): Promise<{ readonly chain: PublishedChain | undefined; readonly trust: TrustFinding }> {
  let best: { chain: PublishedChain | undefined; trust: TrustFinding } = { chain: chains[0], trust: untrusted };
  for (const chain of chains) {
    const trust = await sources.trust({ ...question, leaf: chain.leaf, chain: chain.chain });
    if (trust.level === "none") return { chain, trust };
    if (trustLevels.indexOf(trust.level) < trustLevels.indexOf(best.trust.level)) {
      best = { chain, trust };
    }
  }
  return best;
}

/** Whether the declaration binds every envelope recipient, and there is one. */
async function bindsAll(
  signature: Signature,
  recipients: readonly string[],
  sources: DeclarationSources,
): Promise<boolean> {
  for (const recipient of recipients) {
    const parsed = parseAddress(recipient);
    if (
      !parsed.ok ||
      !signature.rh.includes(await bindRecipient(signature.nonce, parsed.value.address, sources.crypto))
    ) {
      return false;
    }
  }
  return recipients.length > 0;
}

/** What the From domains' records say, and the record of the first: the signer's own wherever a signature gets that far. */
async function discoverFrom(
  domains: readonly string[],
  sources: DeclarationSources,
): Promise<{ readonly first: Result<Discovery> | null; readonly allMail: boolean | null }> {
  let first: Result<Discovery> | null = null;
  let known = true;
  for (const domain of domains) {
    const discovery = await sources.discover(domain);
    first ??= discovery;
    if (discovery.ok && discovery.value.record?.allMail === true) {
      return { first, allMail: true };
    }
    known &&= discovery.ok;
  }
  return { first, allMail: first !== null && known ? false : null };
}

/**
 * Verifies a mail's declaration. Always a finding: every fault of the mail, of DNS and of the sender's side is one of its
 * results, with a stable code. Only a source that throws (a bug) makes this throw.
 */
export async function verifyDeclaration(
  input: DeclarationInput,
  sources: DeclarationSources,
): Promise<Result<DeclarationFinding>> {
  const { fields, recipients } = input;
  const index = indexFields(fields);
  const claims = readClaims(fields, index);
  const { signature } = claims;
  const early = claims.stop ?? (signature === null ? null : offlineStop(input, claims, signature, index));
  const domains = claims.from === null ? fromDomains(fields, index) : dnsDomains(claims.from);
  const { first, allMail } = await discoverFrom(domains, sources);
  const base: DeclarationFinding = {
    result: "none",
    code: null,
    detail: "",
    declaration: claims.declaration,
    signer: signature === null ? null : signerClaim(signature),
    certificate: null,
    trust: untrusted,
    allMail,
    list: index.has("list-id"),
    dnssec: dnssecOf(first),
    boundRecipients: signature?.rh.length ?? 0,
  };
  if (early !== null || signature === null || first === null) {
    return ok({ ...base, ...(early ?? stop("permerror", "ipp/from-not-single", "From has no domain")) });
  }
  if (!first.ok) {
    return ok({ ...base, ...stopped(first) });
  }
  const chains = await usableChains(signature, first.value, sources);
  if (!isChains(chains)) {
    return ok({ ...base, ...chains });
  }
  const leaf = chains[0]?.leaf;
  const certificate = leaf === undefined ? null : (await leafFacts(leaf, sources.crypto)).shown;
  if (leaf === undefined || !(await signatureHolds(fields, index, claims, signature, leaf.spki, sources))) {
    const broken = stop("broken", "ipp/signature", "the header is not the one that was signed");
    return ok({ ...base, certificate, ...broken });
  }
  const question = {
    address: signature.address,
    domain: signature.domain,
    discovery: first.value,
    at: signature.signedAt,
  };
  const { chain, trust } = await bestTrust(chains, question, sources);
  return ok({
    ...base,
    trust,
    certificate: chain === undefined ? null : (await leafFacts(chain.leaf, sources.crypto)).shown,
    ...((await bindsAll(signature, recipients, sources))
      ? { result: "pass", code: null, detail: "" }
      : { result: "forwarded", code: "ipp/not-named", detail: "a recipient of this envelope is not bound" }),
  });
}

function isChains(value: readonly PublishedChain[] | Stop): value is readonly PublishedChain[] {
  return Array.isArray(value);
}

function dnssecOf(discovery: Result<Discovery> | null): DeclarationFinding["dnssec"] {
  if (discovery === null) {
    return "unknown";
  }
  if (discovery.ok) {
    return discovery.value.dnssec;
  }
  return discovery.code === "dns/bogus" ? "bogus" : "unknown";
}

async function signatureHolds(
  fields: readonly HeaderField[],
  index: FieldIndex,
  claims: Claims,
  signature: Signature,
  spki: Uint8Array,
  sources: DeclarationSources,
): Promise<boolean> {
  const own = relaxedField("ipp-signature", withoutSignature(claims.signatureValue, signature.list));
  const data = bytesFromString(signedData(fields, index, signature.signedFields, own));
  return await sources.crypto.verify(signature.algorithm, spki, data, signature.signature);
}
