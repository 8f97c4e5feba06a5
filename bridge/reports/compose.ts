// From a reader's complaint to what will travel: how far it may go, and the report itself. Protocol section 6.
// Known gap: a reader who got the mail through an alias that is not configured as his (reader-addresses.ts) is not known to
// have got it; his word stays local.
import type { FeedbackLoop } from "../../shared/cfbl/loop.ts";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { addressDomain } from "../../shared/header/address.ts";
import { parseDeclaration } from "../../shared/ipp/declaration.ts";
import { parseSignature, type Signature } from "../../shared/ipp/signature.ts";
import type { Declaration } from "../../shared/ipp/types.ts";
import { blindRecipient } from "../../shared/report/blind.ts";
import type { Complaint } from "../../shared/report/complaint.ts";
import { formatReport } from "../../shared/report/report.ts";
import type { Randomness } from "../pipeline/ports.ts";
import type { ComplaintRoute, NewReport } from "../store/complaints.ts";
import type { StoredSignal } from "../store/signals.ts";
import type { MailboxOf } from "../store/subaddress.ts";
import { type ArfPayload, arfPayload } from "./arf-mail.ts";
import { type DelayBounds, randomDelay } from "./delay.ts";
import type { ReaderAddresses } from "./reader-addresses.ts";

/** When and how complaints travel. Seconds. */
export interface ReportSettings extends DelayBounds {
  readonly undoSeconds: number;
}

/** What composing needs. */
export interface ComposeDeps {
  readonly crypto: Crypto;
  readonly random: Randomness;
  /** Behind `blinded`. */
  readonly blindKey: Uint8Array;
  readonly settings: () => ReportSettings;
  /** Address of a feedback loop agreed with this domain (RFC 5965), or null. */
  readonly feedbackAddress: (domain: string) => string | null;
  /** By which addresses the paired reader gets mail. */
  readonly addresses: ReaderAddresses;
  /** Whose mailbox a subaddress leads to. */
  readonly mailboxOf: MailboxOf;
}

/** What delivery needs of a report; kept as JSON in the queue. */
export interface ReportPayload {
  /** `i`, whose alias names the URL. */
  readonly signer: string;
  readonly localPart: string;
  readonly token: string;
  readonly code: string;
  /** The reader's domain: whose key signs. */
  readonly reporter: string;
  /** The JSON body. */
  readonly body: string;
}

/** How far the complaint goes, and what carries it. */
export interface Composed {
  /**
   * Whose word it is: the one of the paired reader's addresses that got the mail, so that he is one reader however he is
   * paired; the paired one where none did, null where nobody is paired.
   */
  readonly reader: string | null;
  readonly route: ComplaintRoute;
  readonly domain: string | null;
  readonly purpose: string | null;
  readonly undoUntil: number;
  readonly reports: readonly NewReport[];
}

/** A report is tried for so long (protocol section 6: 5 days). */
const giveUpSeconds = 5 * 86_400;

/** Random text for ids and secrets: base64url of `bytes` octets. */
export function randomText(random: Randomness, bytes: number): string {
  return Buffer.from(random(bytes)).toString("base64url");
}

/** The signature and declaration that were verified, read again; null where this mail can have no report. */
function reportable(signal: StoredSignal): { signature: Signature; declaration: Declaration } | null {
  const { purposeField, signatureField, finding } = signal;
  // Only mail that was `pass`: of all other mail nobody knows who declared it.
  if (finding.result !== "pass" || purposeField === null || signatureField === null) return null;
  const signature = parseSignature(signatureField);
  const declaration = parseDeclaration(purposeField);
  return signature.ok && declaration.ok ? { signature: signature.value, declaration: declaration.value } : null;
}

/** How far: the sender is told only what this very reader received and lets him know. */
function routeOf(signal: StoredSignal, reader: string | null, tellSender: boolean): ComplaintRoute {
  if (reader === null || !signal.receivedBy(reader)) return "local";
  // A single recipient is named by any report; without his yes only sums of many tell (protocol section 6).
  return tellSender ? "report" : "count";
}

/** Where a feedback report goes: where the mail's sender signed that he wants it, else where the operator agreed. */
function loopOf(deps: ComposeDeps, signal: StoredSignal, domain: string): FeedbackLoop | null {
  // RFC 9477 section 3.5: the report names the mail by its Message-ID.
  if (signal.feedback !== null && signal.messageId !== null) return signal.feedback;
  const address = deps.feedbackAddress(domain);
  return address === null ? null : { address, id: null };
}

/**
 * Whose word about the mail the paired reader's is: that of the address by which he got it. A subaddress is its mailbox's
 * (RFC 5233): whoever pairs with bob+shop and with bob is one reader. The paired address where he is not known to have got it.
 */
export function readerOf(
  deps: Pick<ComposeDeps, "addresses" | "mailboxOf">,
  signal: Pick<StoredSignal, "receivedBy">,
  paired: string,
): string {
  const receiving = (one: string): string | undefined =>
    deps.addresses(one).find((address) => signal.receivedBy(address));
  const received = receiving(paired);
  if (received === undefined) return paired;
  const mailbox = deps.mailboxOf(received);
  return mailbox === null ? received : (receiving(mailbox) ?? received);
}

async function reportFor(
  deps: ComposeDeps,
  parts: { signature: Signature; declaration: Declaration; reader: string; complaint: Complaint },
): Promise<ReportPayload> {
  const { signature, declaration, reader, complaint } = parts;
  const { token, rh, rd, address, mailbox, signedAt } = signature;
  const body = formatReport({
    address,
    purpose: declaration.purpose,
    classification: declaration.classification,
    signedAt,
    rh,
    rd,
    blinded: await blindRecipient(deps.blindKey, token, reader, deps.crypto),
    actual: complaint.actual,
  });
  const reporter = addressDomain(reader);
  return { signer: address, localPart: mailbox.localPart, token, code: complaint.code, reporter, body };
}

/** Decides about a complaint and writes its reports, to be queued with it in one transaction. */
export async function composeComplaint(
  deps: ComposeDeps,
  signal: StoredSignal,
  paired: string | null,
  complaint: Complaint,
  now: number,
): Promise<Composed> {
  const reader = paired === null ? null : readerOf(deps, signal, paired);
  const settings = deps.settings();
  const undoUntil = now + settings.undoSeconds;
  const found = reportable(signal);
  const domain = found?.signature.domain ?? signal.finding.signer?.domain ?? null;
  const purpose = signal.finding.declaration?.purpose ?? null;
  const route = found === null ? "local" : routeOf(signal, reader, complaint.tellSender);
  if (found === null || reader === null || route !== "report") {
    return { reader, route, domain, purpose, undoUntil, reports: [] };
  }
  const dueAt = undoUntil + randomDelay(deps.random, settings);
  const common = { domain: found.signature.domain, dueAt, giveUpAt: dueAt + giveUpSeconds };
  const payload = await reportFor(deps, { ...found, reader, complaint });
  const reports: NewReport[] = [
    { ...common, id: randomText(deps.random, 16), kind: "report", payload: JSON.stringify(payload) },
  ];
  const loop = loopOf(deps, signal, found.signature.domain);
  if (loop !== null) {
    const arf: ArfPayload = arfPayload({ loop, signal, token: payload.token, complaint });
    reports.push({ ...common, id: randomText(deps.random, 16), kind: "arf", payload: JSON.stringify(arf) });
  }
  return { reader, route, domain, purpose, undoUntil, reports };
}
