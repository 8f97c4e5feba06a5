// The reader's own look at what his server sealed about a declaration: signature, address in the certificate, its validity
// and path, with the certificates that his bridge keeps. Protocol section 4. It can only lower.
//
// What stays the seal's word: DNSSEC, the domain's record, the envelope, replays and copies, earlier keys.
// - The body: the signature is checked against the body digest that was sealed, so that a body changed on the way to the
//   mailbox is told as that and not as a broken signature. The panel tells the body apart (HopFinding.body).
// - Recipients: whether this envelope was bound only the server knows. The reader's addresses that we know are never all of
//   them (aliases, groups, plus addresses, a second account), so that their absence in `rh` proves nothing: it is shown
//   (`addressed`), and lowers no `pass` that the server gave to the whole envelope.
// - How many readers a report may be of: not what the signer bound, which may be anything, but the reader and whom the mail
//   shows beside him at his own domain, whose bridge signs the report.
// - Trust: of the levels only pkix rests on a path alone; where the kept chain doesn't lead up, it falls to self. For a CA
//   in DNS the record isn't at hand.
// - Times are those of the sealing, never now: old mail stays what it was. But for one thing: where the signer's certificate
//   was revoked since, from a time before the sealing, or because others had its key, nobody vouches for it any more. Where
//   that befell a CA above it, pkix or domain by that CA falls to self.
import type { Crypto } from "../crypto/crypto.ts";
import { fromBase64Url } from "../encoding/base64.ts";
import { asciiLower, type Mailbox, parseAddress, parseMailboxes } from "../header/address.ts";
import { type HeaderField, plainName } from "../header/field.ts";
import type { HopFinding, HopSignal } from "../hop/types.ts";
import { bindRecipient } from "../ipp/recipients.ts";
import { parseSignature, signatureField } from "../ipp/signature.ts";
import type { DeclarationSources, PublishedChain, TrustQuestion } from "../ipp/sources.ts";
import { tokenNonce } from "../ipp/token.ts";
import type { DeclarationFinding, DeclarationResult, TrustFinding } from "../ipp/types.ts";
import { verifyDeclaration } from "../ipp/verify.ts";
import { limits } from "../limits.ts";
import { ok, temp } from "../result.ts";
import { parseCertificate, type Certificate } from "../x509/certificate.ts";
import { emailProtection } from "../x509/extensions.ts";
import { validatePath } from "../x509/path.ts";
import { certificateAddresses, certificateNames } from "../x509/san.ts";
import type { Recheck } from "./types.ts";

/** What the recheck looks at. */
export interface RecheckQuestion {
  /** All header fields; the seal over them has been verified. */
  readonly fields: readonly HeaderField[];
  /** The hop whose word on the declaration counts. */
  readonly hop: HopFinding;
  /** White space that no signature covers decides where parts of the body begin (header/part-ends.ts). */
  readonly hidesPartEnds: boolean;
  readonly readerAddresses: readonly string[];
  readonly crypto: Crypto;
  certificates(keyId: string): Promise<KeptKey>;
}

/** Chains of the key led up by a CA that was revoked: nobody vouches on this level for what was sealed meanwhile. */
export interface WithdrawnPath {
  readonly level: "pkix" | "domain";
  /** Unix seconds: from when on the CA's word is worth nothing. */
  readonly from: number;
  /** Unix seconds: when the bridge heard of it. Later mail was judged with it. */
  readonly until: number;
}

/** What the reader's bridge keeps of a key that signed mail. */
export interface KeptKey {
  /** Chains (DER, leaf first); empty where it has none or is not reached. */
  readonly chains: readonly (readonly Uint8Array[])[];
  /** Unix seconds: from when on its issuer says that its signatures are worth nothing; null: not revoked as far as known. */
  readonly revokedFrom: number | null;
  readonly withdrawnPaths: readonly WithdrawnPath[];
}

/** What it came to. */
export interface Rechecked {
  readonly finding: DeclarationFinding;
  readonly recheck: Recheck;
  readonly addressed: boolean | null;
}

/** Of a key that the bridge does not know, or was not asked about. */
export const nothingKept: KeptKey = { chains: [], revokedFrom: null, withdrawnPaths: [] };

/** Chains of one key that are looked at. */
const maxChains = 10;

/** Results that a signature which does not hold takes away. The others are the server's own doubts: they stay. */
const lowerable: ReadonlySet<DeclarationResult> = new Set(["pass", "forwarded", "copy"]);

function usableChains(chains: readonly (readonly Uint8Array[])[]): PublishedChain[] {
  return chains.slice(0, maxChains).flatMap((chain) => {
    const leaf = chain[0] === undefined ? null : parseCertificate(chain[0]);
    return leaf?.ok === true ? [{ leaf: leaf.value, chain: chain.slice(0, limits.chainCertificates) }] : [];
  });
}

/**
 * The `sub` character under which the certificate would fit, or null. The server has let the subaddress pass, the record
 * isn't at hand: "alice+x@" is taken for "alice@" by the first character behind "alice" that is no letter or digit.
 */
function subaddressOf(localPart: string, domain: string, leaf: Certificate | undefined): string | null {
  for (const address of leaf === undefined ? [] : certificateAddresses(leaf)) {
    const at = address.lastIndexOf("@");
    const separator = localPart.charAt(at);
    if (
      address.slice(at + 1) === domain &&
      localPart.startsWith(address.slice(0, at)) &&
      /^[^a-z0-9]$/i.test(separator)
    ) {
      return separator;
    }
  }
  return null;
}

/** Whether the kept chain leads from leaf to its last certificate, which the server found to be trusted. */
async function pathHolds({ leaf, chain, address, at }: TrustQuestion): Promise<boolean> {
  const top = chain.at(-1);
  if (top === undefined || chain.length === 1) return true;
  const path = await validatePath({
    leaf,
    intermediates: chain.slice(1, -1),
    anchors: [top],
    at: new Date(at * 1_000),
    name: certificateNames(address, leaf) ? { type: "email", value: address } : undefined,
    extendedKeyUsage: [emailProtection],
    keyUsage: ["digitalSignature"],
  });
  return path.ok;
}

/**
 * What was sealed of the key. Nobody vouches for one that was revoked by then, as is known now; of one below a CA that was,
 * the signature is left: what else may have vouched was not sealed.
 */
function sealedTrust({ trust, warnings, at }: HopSignal, { revokedFrom, withdrawnPaths }: KeptKey): TrustFinding {
  const isRevoked = revokedFrom !== null && at >= revokedFrom;
  const isAlone = withdrawnPaths.some(({ level, from, until }) => level === trust && from <= at && at <= until);
  return {
    level: isRevoked ? "none" : isAlone ? "self" : (trust ?? "none"),
    evidence: [],
    changedKey: warnings.includes("key"),
    lowered: warnings.includes("level"),
    revocationUnknown: warnings.includes("rev"),
  };
}

/** DeclarationSources over what is kept and sealed: nothing is asked of the sender's side. */
function keptSources(
  question: RecheckQuestion,
  chains: readonly PublishedChain[],
  trust: TrustFinding,
  subaddress: string | null,
): DeclarationSources {
  const { signal } = question.hop;
  return {
    crypto: question.crypto,
    discover: () =>
      ok({ record: { url: null, ca: [], allMail: signal.allMail === true, subaddress }, dnssec: "unknown" }),
    certificates: () => (chains.length === 0 ? temp("recheck/no-certificate", "none is kept") : ok(chains)),
    async trust(asked) {
      return trust.level === "pkix" && !(await pathHolds(asked)) ? { ...trust, level: "self" } : trust;
    },
  };
}

async function isAddressed(question: RecheckQuestion, rh: readonly string[], token: string): Promise<boolean | null> {
  const nonce = tokenNonce(token);
  if (nonce === null || question.readerAddresses.length === 0) return null;
  for (const address of question.readerAddresses) {
    const parsed = parseAddress(address);
    if (parsed.ok && rh.includes(await bindRecipient(nonce, parsed.value.address, question.crypto))) return true;
  }
  return false;
}

/** To and Cc; what can't be read names nobody. */
function visibleRecipients(fields: readonly HeaderField[]): Mailbox[] {
  return fields
    .filter(({ name }) => ["to", "cc"].includes(plainName(name)))
    .flatMap(({ value }) => {
      const mailboxes = parseMailboxes(value);
      return mailboxes.ok ? mailboxes.value : [];
    });
}

/**
 * Whether one address may be a subaddress of the other's mailbox, by whatever character begins them there (RFC 5233): the
 * domains are the same.
 */
function mayBeOne(one: Mailbox, other: Mailbox): boolean {
  const [short = "", long = ""] = [one, other]
    .map(({ localPart }) => asciiLower(localPart))
    .toSorted((a, b) => a.length - b.length);
  return one.domain === other.domain && long.startsWith(short) && !/^[\p{L}\p{N}]/u.test(long.slice(short.length));
}

/**
 * Among how many readers a report leaves it open who complained: it is signed for the reader's domain, so that recipients
 * elsewhere hide nobody, nor do bindings of no recipient, nor what may be his own subaddresses. 0: it is not known by which
 * address he got the mail.
 */
async function readersTogether(question: RecheckQuestion, rh: readonly string[], token: string): Promise<number> {
  const nonce = tokenNonce(token);
  if (nonce === null) return 0;
  const isBound = async ({ address }: Mailbox): Promise<boolean> =>
    rh.includes(await bindRecipient(nonce, address, question.crypto));
  const own = question.readerAddresses.flatMap((address) => {
    const parsed = parseAddress(address);
    return parsed.ok ? [parsed.value] : [];
  });
  let fewest = 0;
  for (const mailbox of own) {
    if (!(await isBound(mailbox))) continue;
    const others = new Map<string, Mailbox>();
    for (const other of visibleRecipients(question.fields)) {
      const isHimself = own.some((one) => mayBeOne(one, other));
      if (other.domain === mailbox.domain && !isHimself) others.set(asciiLower(other.address), other);
    }
    const bound = await Promise.all([...others.values()].slice(0, limits.boundRecipients).map(isBound));
    const together = 1 + bound.filter(Boolean).length;
    fewest = fewest === 0 ? together : Math.min(fewest, together);
  }
  return fewest;
}

/** The server's result, lowered where our own contradicts it. */
function lowered(
  own: DeclarationFinding,
  { hop: { signal } }: RecheckQuestion,
  sealed: DeclarationResult,
  trust: TrustFinding,
): DeclarationFinding {
  const holds = own.result === "pass" || own.result === "forwarded";
  const unable = own.result === "temperror";
  const agreed = own.result === sealed;
  const kept: DeclarationFinding = {
    ...own,
    result: sealed,
    code: sealed !== "pass" && agreed ? own.code : null,
    detail: agreed ? own.detail : "",
    trust: holds ? own.trust : trust,
    allMail: signal.allMail,
  };
  if (!lowerable.has(sealed)) return kept;
  if (signal.purpose !== null && own.declaration !== null && own.declaration.purpose !== signal.purpose) {
    return { ...kept, result: "permerror", code: "recheck/purpose", detail: "another purpose than was sealed" };
  }
  return holds || unable ? kept : { ...own, allMail: signal.allMail };
}

/** How it ended, in a word. Where the server itself found no signature that holds there is nothing to add. */
function recheckOf(own: DeclarationFinding, finding: DeclarationFinding, { signal, body }: HopFinding): Recheck {
  if (!lowerable.has(signal.declaration ?? "none")) return null;
  if (own.result === "temperror") return "unable";
  if (finding.result !== signal.declaration) return "fails";
  return body === "same" ? "fits" : "header-fits";
}

/** Rechecks what `hop` says of the declaration. Only for a hop that says something of it. */
export async function recheckDeclaration(question: RecheckQuestion, sealed: DeclarationResult): Promise<Rechecked> {
  const { fields, hop, hidesPartEnds } = question;
  const field = fields.find(({ name }) => name.toLowerCase() === signatureField.toLowerCase());
  const signature = field === undefined ? null : parseSignature(field.value);
  const kept: KeptKey = signature?.ok === true ? await question.certificates(signature.value.keyId) : nothingKept;
  const chains = usableChains(kept.chains);
  const trust = sealedTrust(hop.signal, kept);
  const { localPart, domain } = signature?.ok === true ? signature.value.mailbox : { localPart: "", domain: "" };
  const sources = keptSources(question, chains, trust, subaddressOf(localPart, domain, chains[0]?.leaf));
  const bodyHash = fromBase64Url(hop.signal.bodyHash) ?? new Uint8Array();
  const own = await verifyDeclaration({ fields, bodyHash, hidesPartEnds, recipients: [], now: hop.signal.at }, sources);
  if (!own.ok) throw new Error(`a declaration without a finding: ${own.code} ${own.detail}`);
  const boundRecipients =
    signature?.ok === true ? await readersTogether(question, signature.value.rh, signature.value.token) : 0;
  const finding = { ...lowered(own.value, question, sealed, trust), boundRecipients };
  const addressed =
    signature?.ok === true ? await isAddressed(question, signature.value.rh, signature.value.token) : null;
  return { finding, recheck: recheckOf(own.value, finding, hop), addressed };
}
