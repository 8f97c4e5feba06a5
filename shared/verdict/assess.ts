// A raw mail in, evidence and verdict out: what the Thunderbird add-on, the webmail extension and the reading room run,
// unchanged. Nothing is fetched from the sender's side; what is asked is asked of the reader's own bridge.
//
// With a seal: the hops are verified against the pinned keys, the newest hop's word on the declaration is rechecked
// (recheck.ts) and judged. Without one nobody of the reader's has looked: what the mail says of itself, and what the
// provider's trusted Authentication-Results and Received say, is shown as claimed, and judged as not proven at best.
import type { Crypto } from "../crypto/crypto.ts";
import { parseSingleMailbox } from "../header/address.ts";
import type { HeaderField, Message } from "../header/field.ts";
import { hidesPartEnds } from "../header/part-ends.ts";
import { splitMessage } from "../header/split.ts";
import type { BridgeKey } from "../hop/types.ts";
import { verifyHops } from "../hop/verify.ts";
import { parseDeclaration, purposeField } from "../ipp/declaration.ts";
import { parseSignature, signatureField } from "../ipp/signature.ts";
import { ok, type Result } from "../result.ts";
import { judge } from "./judge.ts";
import { type KeptKey, recheckDeclaration, type Rechecked } from "./recheck.ts";
import { judgingHop } from "./judgements.ts";
import { receivedSteps, trustedChecks } from "./trace.ts";
import type { Evidence, Verdict } from "./types.ts";
import { oneClickUrl } from "./unsubscribe.ts";

/** What a reader believes, and where to ask his own bridge. */
export interface ReaderSources {
  readonly crypto: Crypto;
  /** Unix seconds. All that has a time is judged at the sealed one, so that old mail stays what it was. */
  readonly now: number;
  /** Domains whose seals this reader believes, A-labels. */
  readonly domains: readonly string[];
  /** Their pinned keys. */
  keys(domain: string): Promise<readonly BridgeKey[]>;
  /** What the reader's bridge keeps of a key id. */
  certificates(keyId: string): Promise<KeptKey>;
  /** Servers whose Authentication-Results are shown where there is no seal. Empty: none are. */
  readonly trustedAuthservIds: readonly string[];
  /** The reader's addresses, as far as known. */
  readonly readerAddresses: readonly string[];
}

function only(fields: readonly HeaderField[], name: string): string | null {
  const found = fields.filter((field) => field.name.toLowerCase() === name);
  return found.length === 1 ? (found[0]?.value ?? null) : null;
}

function fromAddress(fields: readonly HeaderField[]): string | null {
  const mailbox = parseSingleMailbox(only(fields, "from") ?? "");
  return mailbox.ok ? mailbox.value.address : null;
}

function claimedDeclaration(fields: readonly HeaderField[]): Evidence["claimed"] {
  const parsed = parseDeclaration(only(fields, purposeField.toLowerCase()) ?? "");
  return parsed.ok ? parsed.value : null;
}

/** The one-click unsubscribe of a declared mail counts only as its signer wrote it: RFC 8058 section 4 wants it signed. */
function unsubscribe(fields: readonly HeaderField[]): string | null {
  const signature = parseSignature(only(fields, signatureField.toLowerCase()) ?? "");
  const names = ["list-unsubscribe", "list-unsubscribe-post"];
  const isSigned = !signature.ok || names.every((name) => signature.value.signedFields.includes(name));
  return isSigned ? oneClickUrl(fields) : null;
}

async function recheck(message: Message, hops: Evidence["hops"], sources: ReaderSources): Promise<Rechecked | null> {
  const hop = judgingHop(hops);
  const sealed = hop?.signal.declaration ?? null;
  if (hop === null || sealed === null) return null;
  const { fields } = message;
  const { readerAddresses, crypto } = sources;
  const certificates = async (keyId: string): Promise<KeptKey> => await sources.certificates(keyId);
  const question = { fields, hop, hidesPartEnds: hidesPartEnds(message), readerAddresses, crypto, certificates };
  return await recheckDeclaration(question, sealed);
}

/** Assesses one mail. Fails only where the octets are no mail (as splitMessage and verifyHops do). */
export async function assess(
  raw: Uint8Array,
  sources: ReaderSources,
): Promise<Result<{ readonly verdict: Verdict; readonly evidence: Evidence }>> {
  const message = splitMessage(raw);
  if (!message.ok) return message;
  const { fields, body } = message.value;
  const { domains, crypto, trustedAuthservIds } = sources;
  const keys = async (domain: string): Promise<readonly BridgeKey[]> => await sources.keys(domain);
  const hops = await verifyHops({ fields, body: { octets: body }, domains, keys, crypto });
  if (!hops.ok) return hops;
  const rechecked = await recheck(message.value, hops.value, sources);
  const evidence: Evidence = {
    from: fromAddress(fields),
    declaration: rechecked?.finding ?? null,
    claimed: claimedDeclaration(fields),
    recheck: rechecked?.recheck ?? null,
    addressed: rechecked?.addressed ?? null,
    hops: hops.value,
    checks: trustedChecks(fields, hops.value, trustedAuthservIds),
    ...receivedSteps(fields, hops.value, trustedAuthservIds),
    unsubscribe: unsubscribe(fields),
  };
  return ok({ verdict: judge(evidence), evidence });
}
