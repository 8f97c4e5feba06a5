// A mail that comes in, at the border or from one's own servers: stripped, verified, judged by policy, recorded, sealed.
// docs/protocol.md sections 3 to 5. With other milters between two passes, strip-pass.ts does the first part before them.
import { claimsId } from "../../shared/authres/claims.ts";
import { feedbackLoop, type FeedbackLoop } from "../../shared/cfbl/loop.ts";
import { toBase64Url } from "../../shared/encoding/base64.ts";
import { encodeUtf8 } from "../../shared/encoding/bytes.ts";
import { addressDomain, parseSingleMailbox } from "../../shared/header/address.ts";
import type { HeaderField } from "../../shared/header/field.ts";
import { PartEnds } from "../../shared/header/part-ends.ts";
import { formatHopSignal } from "../../shared/hop/format.ts";
import { sealHop } from "../../shared/hop/seal.ts";
import type { HopSignal } from "../../shared/hop/types.ts";
import { purposeField } from "../../shared/ipp/declaration.ts";
import { signatureField } from "../../shared/ipp/signature.ts";
import type { DeclarationSources } from "../../shared/ipp/sources.ts";
import type { DeclarationFinding } from "../../shared/ipp/types.ts";
import { limits } from "../../shared/limits.ts";
import type { PolicyDecision } from "../../shared/policy/types.ts";
import { BodyHash } from "./body-hash.ts";
import type { ClientCertificate } from "./client-facts.ts";
import { checkClientHeader, clientHeader } from "./client-header.ts";
import { Envelope, type QuarantineWay } from "./envelope.ts";
import { deletions, HeaderCollector, tooLarge } from "./header-fields.ts";
import { judgeMail } from "./judge-mail.ts";
import type { Client, HeaderEdit, OpenPassage, Outcome, Passage, Reply } from "./mail.ts";
import { noSeals, ownSeals, type OwnSeals } from "./own-seals.ts";
import type {
  Deferrals,
  KeyMemory,
  PipelineDeps,
  Policies,
  Randomness,
  SealKeys,
  SignalRow,
  Sightings,
  Signals,
  TokenMemory,
} from "./ports.ts";
import {
  dkimAligned,
  type HopIdentity,
  hopSignal,
  type Judged,
  judgedBelow,
  judgedHere,
  tlsResults,
} from "./record.ts";
import { putOff, refusal } from "./refusal.ts";
import { type StrippedKind, strippable } from "./strip.ts";

/** What a listener for incoming mail is made of. */
export interface InboundDeps extends PipelineDeps {
  readonly identity: HopIdentity;
  /** authserv-ids that only we write, `identity.by` among them. */
  readonly ownAuthservIds: readonly string[];
  /** "seal": another pass has stripped before, and milters between have written results under our authserv-id. */
  readonly pass: "both" | "seal";
  /** false: report only. What policy would refuse is let through, and sealed as refused. */
  readonly enforce: boolean;
  readonly quarantine: QuarantineWay;
  /** HMAC key of `rc`. */
  readonly commitmentSecret: Uint8Array;
  /** Shared with a policy service in another process; null: there is none. */
  readonly clientHeaderSecret: Uint8Array | null;
  readonly declarations: DeclarationSources;
  readonly policies: Policies;
  readonly memory: TokenMemory;
  readonly deferrals: Deferrals;
  readonly keys: KeyMemory;
  readonly signals: Signals;
  /** Left out where nothing is summed. */
  readonly sightings?: Sightings;
  readonly sealKeys: SealKeys;
}

const refTimeBytes = 4;
const refRandomBytes = 14;
/** A longer Message-ID is no line of a mail (RFC 5322 section 2.1.1). */
const messageIdUnits = 998;
const purposeName = purposeField.toLowerCase();
const signatureName = signatureField.toLowerCase();

/** The way in. */
export function createInbound(deps: InboundDeps): OpenPassage {
  return (client, from) => new InboundMail(deps, client, from);
}

/** What was found and decided about one mail. */
interface Judgement {
  readonly judged: Judged;
  /** null where the hop below has judged. */
  readonly finding: DeclarationFinding | null;
  readonly decision: PolicyDecision | null;
}

class InboundMail implements Passage {
  readonly #deps: InboundDeps;
  readonly #client: Client;
  readonly #envelope: Envelope;
  readonly #header = new HeaderCollector();
  readonly #body = new BodyHash();
  /** Made with the body's first octets; asks nothing of a mail that declares nothing. */
  #parts: PartEnds | null = null;

  constructor(deps: InboundDeps, client: Client, from: string) {
    this.#deps = deps;
    this.#client = client;
    this.#envelope = new Envelope(from, deps);
  }

  recipient(address: string): Promise<Reply | null> | Reply | null {
    return this.#envelope.recipient(address);
  }

  field(name: string, value: string): void {
    this.#header.add(name, value);
  }

  body(chunk: Uint8Array): void {
    this.#body.update(chunk);
    this.#parts ??= this.#newParts();
    this.#parts.update(chunk);
  }

  /** Looks at nothing where there is no signature that the body's parts could be hidden from. */
  #newParts(): PartEnds {
    const declares = this.#header.one(signatureName) !== null;
    return new PartEnds(declares ? (this.#header.one("content-type") ?? "") : "");
  }

  async end(queueId: string | null): Promise<Outcome> {
    const deps = this.#deps;
    const { fields } = this.#header;
    if (this.#header.overflown) return this.#done(null, "reject", queueId, tooLarge);
    const now = deps.clock.now();
    const bodyHash = this.#body.digest();
    const inner = this.#client.listener === "inner";
    const seals = inner ? await ownSeals(fields, bodyHash, { ...deps, domain: deps.identity.domain }) : noSeals;
    const removed = this.#removed(seals);
    const kept = removed.size === 0 ? fields : fields.filter((field) => !removed.has(field));
    const judgement = await this.#judge(kept, bodyHash, seals, now);
    const { finding, decision } = judgement;
    if (finding?.result === "temperror" && (await this.#mayPutOff(now))) {
      return this.#done(finding, "tempfail", queueId, { action: "tempfail", reply: putOff(finding), edits: [] });
    }
    if (finding !== null && decision?.action === "reject" && deps.enforce) {
      return this.#done(finding, "reject", queueId, { action: "reject", reply: refusal(finding, decision), edits: [] });
    }
    const inserts = await this.#recordAndSeal({ kept, bodyHash, seals, judgement, queueId, now });
    const edits = [...deletions(this.#header, removed), ...inserts];
    const hold = decision?.action === "quarantine" && deps.quarantine === "hold" && deps.enforce;
    const outcome: Outcome = hold
      ? { action: "quarantine", reply: { code: 250, enhanced: "2.0.0", text: `rule ${decision.rule}` }, edits }
      : { action: "accept", reply: null, edits };
    return this.#done(finding, decision?.action ?? "accept", queueId, outcome);
  }

  #done(finding: DeclarationFinding | null, action: string, queueId: string | null, outcome: Outcome): Outcome {
    const { listener } = this.#client;
    const { sightings, clock } = this.#deps;
    const result = finding?.result ?? "none";
    if (finding !== null && listener === "border") {
      sightings?.saw({ finding, recipients: this.#envelope.recipients, at: clock.now() });
    }
    this.#deps.counters.count("mails", { listener, result, action });
    this.#deps.log.info({ queueId, listener, result, code: finding?.code ?? null, action }, "mail");
    return outcome;
  }

  /** The fields that go: see strip.ts. Before a sealing pass others have written under our authserv-id with our leave. */
  #removed(seals: OwnSeals): Set<HeaderField> {
    const { ownAuthservIds, pass, counters } = this.#deps;
    const removed = new Set<HeaderField>();
    const goes = (field: HeaderField, kind: StrippedKind): boolean =>
      !seals.kept.has(field) && (kind !== "authres" || (pass === "both" && claimsId(field.value, ownAuthservIds)));
    for (const [field, kind] of strippable(this.#header)) {
      if (!goes(field, kind)) continue;
      removed.add(field);
      counters.count("stripped", { kind });
    }
    return removed;
  }

  async #judge(kept: readonly HeaderField[], bodyHash: Uint8Array, { top }: OwnSeals, now: number): Promise<Judgement> {
    if (top?.body === "same" && isUnderWay(top.signal, now)) {
      return { judged: judgedBelow(top.signal), finding: null, decision: null };
    }
    const { recipients } = this.#envelope;
    const client = this.#client.address ?? "";
    const question = {
      fields: kept,
      bodyHash,
      hidesPartEnds: this.#parts?.end() === true,
      recipients,
      client,
      now,
      counted: top !== null && isUnderWay(top.signal, now),
    };
    const finding = await judgeMail(question, this.#deps);
    const { declaration, signer } = finding;
    const declared =
      finding.result === "pass" && declaration !== null && signer !== null
        ? {
            purpose: declaration.purpose,
            classification: declaration.classification,
            trust: finding.trust.level,
            signer: signer.address,
          }
        : null;
    const decision = this.#envelope.decide({ declared, tlsVersion: this.#client.tls?.version ?? null });
    return { judged: judgedHere(finding, decision), finding, decision };
  }

  /** Whether this very mail was first put off less than four hours ago (protocol section 3, temperror). */
  async #mayPutOff(now: number): Promise<boolean> {
    const { from, recipients } = this.#envelope;
    const words = [from, ...recipients.toSorted(), this.#header.one("message-id"), this.#header.one(signatureName)];
    const identity = await this.#deps.crypto.digest(encodeUtf8(JSON.stringify(words)));
    const since = await this.#deps.deferrals.firstSeen(toBase64Url(identity), now);
    // One put off by a clock that was far ahead would wait for that time to come, and its queue does not.
    return since - now <= limits.skewSeconds && now - since < limits.temperrorSeconds;
  }

  /** What the client showed, as the policy service said here or in the mail. */
  async #certificate(now: number): Promise<ClientCertificate | null> {
    const { address, port, certificate } = this.#client;
    const { clientHeaderSecret: secret, crypto } = this.#deps;
    if (certificate?.fingerprint !== undefined && certificate.fingerprint !== null) return certificate;
    if (secret === null || address === null || port === null) return certificate;
    for (const field of this.#header.named(clientHeader.toLowerCase())) {
      const found = await checkClientHeader(field.value, { address, port, at: now }, secret, crypto);
      if (found !== null) return found;
    }
    return certificate;
  }

  /** Puts our fields on top and the record into the store; the mail is accepted only once both are done. */
  async #recordAndSeal(mail: {
    kept: readonly HeaderField[];
    bodyHash: Uint8Array;
    seals: OwnSeals;
    judgement: Judgement;
    queueId: string | null;
    now: number;
  }): Promise<HeaderEdit[]> {
    const deps = this.#deps;
    const { kept, seals, judgement, queueId, now } = mail;
    const below = judgement.finding === null ? seals.top : null;
    // An inner hop that judged nothing itself points to its border's record.
    const ref = below?.signal.ref ?? newRef(now, deps.random);
    const recipients = this.#envelope.recipients.toSorted().join("\0");
    const commitment = await deps.crypto.hmac(deps.commitmentSecret, encodeUtf8(`ipp1-rc\0${ref}\0${recipients}`));
    const signer = deps.sealKeys.current();
    const signal = hopSignal({
      identity: deps.identity,
      signer,
      hop: (seals.top?.signal.hop ?? 0) + 1,
      queueId,
      at: now,
      client: this.#client,
      certificate: await this.#certificate(now),
      judged: judgement.judged,
      ref,
      recipientCommitment: toBase64Url(commitment),
      bodyHash: toBase64Url(mail.bodyHash),
    });
    const results = tlsResults(deps.identity.by, this.#client.tls);
    const fields = results === null ? kept : [results, ...kept];
    const value = formatHopSignal(signal, null);
    const [seal] = await Promise.all([
      sealHop({ signal, value, fields, signer }),
      this.#remember({ signal, signalValue: value }, judgement.finding, kept, now),
    ]);
    const inserts: HeaderEdit[] = results === null ? [] : [{ kind: "insert", index: 0, ...results }];
    return [...inserts, { kind: "insert", index: 0, name: "Hop-Signal", value: seal }];
  }

  /** The address of the only From; null where there is none or more than one. */
  #author(): string | null {
    const from = parseSingleMailbox(this.#header.one("from") ?? "");
    return from.ok ? from.value.address : null;
  }

  /** Looked for only where a complaint can become a report, and where there is something to find. */
  #feedback({ result, signer }: DeclarationFinding, kept: readonly HeaderField[]): FeedbackLoop | null {
    if (result !== "pass" || signer === null || this.#header.one("cfbl-address") === null) return null;
    return feedbackLoop(kept, this.#deps.identity.by, signer.domain);
  }

  async #remember(
    { signal, signalValue }: Pick<SignalRow, "signal" | "signalValue">,
    finding: DeclarationFinding | null,
    kept: readonly HeaderField[],
    now: number,
  ): Promise<void> {
    if (finding === null || signal.ref === null) return;
    const deps = this.#deps;
    const holds = ["pass", "forwarded", "copy", "replay"].includes(finding.result);
    // Only a pass can be reported: what a stranger puts into these fields is not kept for a month.
    const reportable = finding.result === "pass";
    const row: SignalRow = {
      ref: signal.ref,
      at: now,
      signal,
      signalValue,
      finding,
      envelopeFrom: this.#envelope.from,
      recipients: this.#envelope.recipients,
      from: holds && finding.signer !== null ? finding.signer.address : this.#author(),
      messageId: this.#header.one("message-id")?.trim().slice(0, messageIdUnits) ?? null,
      purposeField: reportable ? this.#header.one(purposeName) : null,
      signatureField: reportable ? this.#header.one(signatureName) : null,
      feedback: this.#feedback(finding, kept),
    };
    if (holds && finding.signer !== null) {
      const { address, keyId } = finding.signer;
      const aligned = dkimAligned(kept, deps.identity.by, addressDomain(address));
      await deps.keys.sighted({ address, keyId, level: finding.trust.level, dkimAligned: aligned, at: now });
    }
    await deps.signals.record(row);
  }
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

/**
 * Whether our border took the mail so lately that it is still on its way (RFC 5321 section 4.5.4.1: no queue keeps it longer).
 * An older one comes out of an archive or a forwarder: what it was then, for whom, says nothing of it now.
 */
function isUnderWay({ at }: HopSignal, now: number): boolean {
  return now - at <= limits.retrySeconds;
}
