// A mail that comes in, at the border or from one's own servers: stripped, verified, judged by policy, recorded, sealed.
// docs/protocol.md sections 3 to 5. With other milters between two passes, strip-pass.ts does the first part before them.
import { claimsId } from "../../shared/authres/claims.ts";
import { toBase64Url } from "../../shared/encoding/base64.ts";
import { encodeUtf8 } from "../../shared/encoding/bytes.ts";
import type { HeaderField } from "../../shared/header/field.ts";
import { PartEnds } from "../../shared/header/part-ends.ts";
import type { HopSignal } from "../../shared/hop/types.ts";
import { signatureField } from "../../shared/ipp/signature.ts";
import type { DeclarationSources } from "../../shared/ipp/sources.ts";
import type { DeclarationFinding } from "../../shared/ipp/types.ts";
import { limits } from "../../shared/limits.ts";
import type { PolicyDecision } from "../../shared/policy/types.ts";
import { BodyHash } from "./body-hash.ts";
import { Envelope, type QuarantineWay } from "./envelope.ts";
import { deletions, HeaderCollector, tooLarge } from "./header-fields.ts";
import { judgeMail } from "./judge-mail.ts";
import { keepAndSeal, type KeepDeps } from "./keep-and-seal.ts";
import type { Client, OpenPassage, Outcome, Passage, Reply } from "./mail.ts";
import { noSeals, ownSeals, type OwnSeals } from "./own-seals.ts";
import type { Deferrals, Policies, Sightings, TokenMemory } from "./ports.ts";
import { type Judged, judgedBelow, judgedHere } from "./record.ts";
import { putOff, refusal } from "./refusal.ts";
import { type StrippedKind, strippable } from "./strip.ts";

/** What a listener for incoming mail is made of. */
export interface InboundDeps extends KeepDeps {
  /** authserv-ids that only we write, `identity.by` among them. */
  readonly ownAuthservIds: readonly string[];
  /** "seal": another pass has stripped before, and milters between have written results under our authserv-id. */
  readonly pass: "both" | "seal";
  /** false: report only. What policy would refuse is let through, and sealed as refused. */
  readonly enforce: () => boolean;
  /** Asked as a mail begins. */
  readonly quarantine: () => QuarantineWay;
  readonly declarations: DeclarationSources;
  readonly policies: Policies;
  readonly memory: TokenMemory;
  readonly deferrals: Deferrals;
  /** Left out where nothing is summed. */
  readonly sightings?: Sightings;
}

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
    if (finding !== null && decision?.action === "reject" && deps.enforce()) {
      return this.#done(finding, "reject", queueId, { action: "reject", reply: refusal(finding, decision), edits: [] });
    }
    const mail = {
      header: this.#header,
      client: this.#client,
      envelope: this.#envelope,
      kept,
      bodyHash,
      seals,
      queueId,
    };
    const inserts = await keepAndSeal({ ...mail, ...judgement, now }, deps);
    const edits = [...deletions(this.#header, removed), ...inserts];
    const hold = decision?.action === "quarantine" && this.#envelope.quarantine === "hold" && deps.enforce();
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
}

/**
 * Whether our border took the mail so lately that it is still on its way (RFC 5321 section 4.5.4.1: no queue keeps it longer).
 * An older one comes out of an archive or a forwarder: what it was then, for whom, says nothing of it now.
 */
function isUnderWay({ at }: HopSignal, now: number): boolean {
  return now - at <= limits.retrySeconds;
}
