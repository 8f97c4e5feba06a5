// What becomes of a mail that is taken: the record that complaints and readers ask for later, and our fields on top of it,
// the seal over them last. Protocol section 4.
import { feedbackLoop, type FeedbackLoop } from "../../shared/cfbl/loop.ts";
import { toBase64Url } from "../../shared/encoding/base64.ts";
import { encodeUtf8 } from "../../shared/encoding/bytes.ts";
import { addressDomain, parseSingleMailbox } from "../../shared/header/address.ts";
import type { HeaderField } from "../../shared/header/field.ts";
import { formatHopSignal } from "../../shared/hop/format.ts";
import { sealHop } from "../../shared/hop/seal.ts";
import { purposeField } from "../../shared/ipp/declaration.ts";
import { signatureField } from "../../shared/ipp/signature.ts";
import type { DeclarationFinding } from "../../shared/ipp/types.ts";
import type { ClientCertificate } from "./client-facts.ts";
import { checkClientHeader, clientHeader } from "./client-header.ts";
import type { Envelope } from "./envelope.ts";
import type { HeaderCollector } from "./header-fields.ts";
import type { Client, HeaderEdit } from "./mail.ts";
import type { OwnSeals } from "./own-seals.ts";
import type { KeyMemory, PipelineDeps, Randomness, SealKeys, SignalRow, Signals } from "./ports.ts";
import { dkimAligned, type HopIdentity, hopSignal, type Judged, tlsResults } from "./record.ts";

/** What keeping and sealing needs of a listener. */
export interface KeepDeps extends PipelineDeps {
  readonly identity: HopIdentity;
  /** HMAC key of `rc`. */
  readonly commitmentSecret: Uint8Array;
  /** Shared with a policy service in another process; null: there is none. */
  readonly clientHeaderSecret: Uint8Array | null;
  readonly keys: KeyMemory;
  readonly signals: Signals;
  readonly sealKeys: SealKeys;
}

/** A mail that is taken, and what is known of it by then. */
export interface TakenMail {
  /** As it came. */
  readonly header: HeaderCollector;
  /** The fields that stay. */
  readonly kept: readonly HeaderField[];
  readonly client: Client;
  readonly envelope: Envelope;
  readonly bodyHash: Uint8Array;
  readonly seals: OwnSeals;
  readonly judged: Judged;
  /** null where the hop below has judged. */
  readonly finding: DeclarationFinding | null;
  readonly queueId: string | null;
  /** Unix seconds. */
  readonly now: number;
}

const refTimeBytes = 4;
const refRandomBytes = 14;
/** A longer Message-ID is no line of a mail (RFC 5322 section 2.1.1). */
const messageIdUnits = 998;
const clientHeaderName = clientHeader.toLowerCase();
const purposeName = purposeField.toLowerCase();
const signatureName = signatureField.toLowerCase();

/** Our fields, to go on top, once the record is in the store: only then may the mail be accepted. */
export async function keepAndSeal(mail: TakenMail, deps: KeepDeps): Promise<HeaderEdit[]> {
  const { kept, client, envelope, seals, finding, now } = mail;
  // An inner hop that judged nothing itself points to its border's record.
  const below = finding === null ? seals.top : null;
  const ref = below?.signal.ref ?? newRef(now, deps.random);
  const recipients = envelope.recipients.toSorted().join("\0");
  const commitment = await deps.crypto.hmac(deps.commitmentSecret, encodeUtf8(`ipp1-rc\0${ref}\0${recipients}`));
  const signer = deps.sealKeys.current();
  const signal = hopSignal({
    identity: deps.identity,
    signer,
    hop: (seals.top?.signal.hop ?? 0) + 1,
    queueId: mail.queueId,
    at: now,
    client,
    certificate: await certificateOf(mail, deps),
    judged: mail.judged,
    ref,
    recipientCommitment: toBase64Url(commitment),
    bodyHash: toBase64Url(mail.bodyHash),
  });
  const results = tlsResults(deps.identity.by, client.tls);
  const fields = results === null ? kept : [results, ...kept];
  const value = formatHopSignal(signal, null);
  const [seal] = await Promise.all([
    sealHop({ signal, value, fields, signer }),
    finding === null ? null : keep(mail, finding, { ref, signal, signalValue: value }, deps),
  ]);
  const inserts: HeaderEdit[] = results === null ? [] : [{ kind: "insert", index: 0, ...results }];
  inserts.push({ kind: "insert", index: 0, name: "Hop-Signal", value: seal });
  return inserts;
}

/**
 * A new `ref`: nobody guesses one, and those of one time lie together in the store's index, so that keeping a mail touches
 * one page of it and not a random one. The time itself stands in the signal anyway.
 */
function newRef(now: number, random: Randomness): string {
  const ref = new Uint8Array(refTimeBytes + refRandomBytes);
  for (let index = 0; index < refTimeBytes; index += 1) ref[index] = now >>> (24 - 8 * index);
  ref.set(random(refRandomBytes), refTimeBytes);
  return toBase64Url(ref);
}

/** What the client showed, as the policy service said here or, from another process, in the mail. */
function certificateOf(mail: TakenMail, deps: KeepDeps): Promise<ClientCertificate | null> | ClientCertificate | null {
  const { certificate } = mail.client;
  const known = certificate?.fingerprint !== undefined && certificate.fingerprint !== null;
  const secret = deps.clientHeaderSecret;
  return known || secret === null ? certificate : certificateInHeader(mail, secret, deps);
}

async function certificateInHeader(
  { client: { address, port, certificate }, header, now }: TakenMail,
  secret: Uint8Array,
  { crypto }: KeepDeps,
): Promise<ClientCertificate | null> {
  if (address === null || port === null) return certificate;
  for (const field of header.named(clientHeaderName)) {
    const found = await checkClientHeader(field.value, { address, port, at: now }, secret, crypto);
    if (found !== null) return found;
  }
  return certificate;
}

/** Writes the record. */
async function keep(
  { header, kept, envelope, now }: TakenMail,
  finding: DeclarationFinding,
  sealed: Pick<SignalRow, "ref" | "signal" | "signalValue">,
  deps: KeepDeps,
): Promise<void> {
  const holds = ["pass", "forwarded", "copy", "replay"].includes(finding.result);
  // Only a pass can be reported: what a stranger puts into these fields is not kept for a month.
  const reportable = finding.result === "pass";
  const row: SignalRow = {
    ...sealed,
    at: now,
    finding,
    envelopeFrom: envelope.from,
    recipients: envelope.recipients,
    from: holds && finding.signer !== null ? finding.signer.address : authorOf(header),
    messageId: header.one("message-id")?.trim().slice(0, messageIdUnits) ?? null,
    purposeField: reportable ? header.one(purposeName) : null,
    signatureField: reportable ? header.one(signatureName) : null,
    feedback: feedbackOf(finding, header, kept, deps.identity.by),
  };
  if (holds && finding.signer !== null) {
    const { address, keyId } = finding.signer;
    const aligned = dkimAligned(kept, deps.identity.by, addressDomain(address));
    await deps.keys.sighted({ address, keyId, level: finding.trust.level, dkimAligned: aligned, at: now });
  }
  await deps.signals.record(row);
}

/** The address of the only From; null where there is none or more than one. */
function authorOf(header: HeaderCollector): string | null {
  const from = parseSingleMailbox(header.one("from") ?? "");
  return from.ok ? from.value.address : null;
}

/** Looked for only where a complaint can become a report, and where there is something to find. */
function feedbackOf(
  { result, signer }: DeclarationFinding,
  header: HeaderCollector,
  kept: readonly HeaderField[],
  by: string,
): FeedbackLoop | null {
  if (result !== "pass" || signer === null || header.one("cfbl-address") === null) return null;
  return feedbackLoop(kept, by, signer.domain);
}
