// A mail that one's own user submits: the wish becomes a signed declaration. docs/protocol.md section 3.2.
// A wish that is not the user's to make (address, purpose, or not understood) refuses the mail: sent on silently without
// it, the writer would believe it declared. What lies with us or with the mail's form (no certificate, an 8-bit body) lets
// it pass undeclared, counted by reason.
import type { HeaderField } from "../../shared/header/field.ts";
import { parseSingleMailbox } from "../../shared/header/address.ts";
import { BodyForm } from "../../shared/header/body-form.ts";
import { PartEnds } from "../../shared/header/part-ends.ts";
import { purposeField } from "../../shared/ipp/declaration.ts";
import { signDeclaration } from "../../shared/ipp/sign.ts";
import type { Declaration } from "../../shared/ipp/types.ts";
import { purposeMatches } from "../../shared/policy/evaluate.ts";
import { type Result, ok } from "../../shared/result.ts";
import { BodyHash } from "./body-hash.ts";
import { deletions, HeaderCollector, plainName, tooLarge } from "./header-fields.ts";
import type { Client, HeaderEdit, OpenPassage, Outcome, Passage } from "./mail.ts";
import type { PipelineDeps, SigningGrant, Users } from "./ports.ts";
import { strippedKind } from "./strip.ts";
import { parseWish, wishField } from "./wish.ts";

/** What a submission listener is made of. */
export interface OutboundDeps extends PipelineDeps {
  readonly users: Users;
  /** x - t of what is signed. */
  readonly lifetimeSeconds: number;
}

/** The way out. */
export function createOutbound(deps: OutboundDeps): OpenPassage {
  return (client) => new OutboundMail(deps, client);
}

/** Why a mail goes unsigned: a label of the counter, never personal. */
type Unsigned =
  | "not-wished"
  | "not-authenticated"
  | "resent"
  | "no-single-from"
  | "foreign-address"
  | "no-certificate"
  | "purpose-not-granted"
  | "eight-bit"
  | "hidden-parts"
  | "not-signable";

/** What becomes of the declaration. */
type Plan =
  | { readonly kind: "refuse"; readonly text: string }
  | { readonly kind: "unsigned"; readonly reason: Unsigned }
  | { readonly kind: "sign"; readonly declaration: Declaration; readonly grant: SigningGrant & { kind: "granted" } };

const messageIdBytes = 16;

class OutboundMail implements Passage {
  readonly #deps: OutboundDeps;
  readonly #client: Client;
  readonly #header = new HeaderCollector();
  readonly #body = new BodyHash();
  readonly #form = new BodyForm();
  /** Made with the body's first octets. */
  #parts: PartEnds | null = null;

  constructor(deps: OutboundDeps, client: Client) {
    this.#deps = deps;
    this.#client = client;
  }

  recipient(): null {
    return null;
  }

  field(name: string, value: string): void {
    this.#header.add(name, value);
  }

  body(chunk: Uint8Array): void {
    this.#form.update(chunk);
    this.#parts ??= new PartEnds(this.#header.one("content-type") ?? "");
    this.#parts.update(chunk);
    this.#body.update(chunk);
  }

  async end(queueId: string | null): Promise<Outcome> {
    const { fields } = this.#header;
    if (this.#header.overflown) return tooLarge;
    const plan = await this.#plan();
    if (plan.kind === "refuse") {
      this.#done(queueId, "refused", "reject");
      return { action: "reject", reply: { code: 550, enhanced: "5.7.1", text: plan.text }, edits: [] };
    }
    const removed = new Set(fields.filter((field) => this.#goes(field)));
    const kept = fields.filter((field) => !removed.has(field));
    const added = this.#missing();
    const signed = plan.kind === "sign" ? await this.#sign([...added, ...kept], plan) : null;
    if (plan.kind === "unsigned" && plan.reason !== "not-wished") this.#unsigned(queueId, plan.reason, null);
    if (signed !== null && !signed.ok) this.#unsigned(queueId, "not-signable", signed.code);
    const fieldsOnTop = signed?.ok === true ? [...added, ...signed.value] : added;
    this.#done(queueId, signed?.ok === true ? "signed" : "unsigned", "accept");
    const inserts = fieldsOnTop.map((field): HeaderEdit => ({ kind: "insert", index: 0, ...field }));
    return { action: "accept", reply: null, edits: [...deletions(this.#header, removed), ...inserts] };
  }

  #done(queueId: string | null, result: string, action: string): void {
    this.#deps.counters.count("mails", { listener: "submission", result, action });
    this.#deps.log.info({ queueId, listener: "submission", result, action }, "mail");
  }

  #unsigned(queueId: string | null, reason: Unsigned, code: string | null): void {
    this.#deps.counters.count("unsigned", { reason });
    this.#deps.log.warn({ queueId, reason, code }, "a mail goes without the declaration wished for");
  }

  /** Somebody else's declaration stays on a mail that is passed on: it proves itself, and may do so at the next reader. */
  get #passedOn(): boolean {
    return this.#client.login === null || [...this.#header.names].some((name) => name.startsWith("resent-"));
  }

  #goes(field: HeaderField): boolean {
    const name = plainName(field.name);
    const kind = strippedKind(name);
    return kind === "hop" || kind === "wish" || (name.startsWith("ipp-") && !this.#passedOn);
  }

  async #plan(): Promise<Plan> {
    const [first, second] = this.#header.named(wishField.toLowerCase());
    const unsigned = (reason: Unsigned): Plan => ({
      kind: "unsigned",
      reason: first === undefined ? "not-wished" : reason,
    });
    const { login } = this.#client;
    if (login === null) return unsigned("not-authenticated");
    if (this.#passedOn) return unsigned("resent");
    const wish: Result<Declaration | null> | null = first === undefined ? null : parseWish(first.value);
    if (second !== undefined) return refuse(`The mail has more than one ${wishField}`);
    if (wish !== null && !wish.ok) return refuse(`${wishField} is not understood (${wish.code})`);
    if (wish !== null && wish.value === null) return { kind: "unsigned", reason: "not-wished" };
    const wished = wish?.value ?? null;
    const from = parseSingleMailbox(this.#header.one("from") ?? "");
    if (!from.ok)
      return wished === null ? unsigned("no-single-from") : refuse(`${purposeField} needs a single From address`);
    const grant = await this.#deps.users.signing(login, from.value.address);
    if (grant.kind === "foreign-address") {
      return wished === null
        ? unsigned("foreign-address")
        : refuse(`You are not allowed to declare mail of ${from.value.address}`);
    }
    if (grant.kind === "no-certificate") return unsigned("no-certificate");
    const declaration = wished ?? grant.unasked;
    if (declaration === null) return { kind: "unsigned", reason: "not-wished" };
    if (!grant.purposes.some((pattern) => purposeMatches(pattern, declaration.purpose))) {
      return wished === null
        ? { kind: "unsigned", reason: "purpose-not-granted" }
        : refuse(`You are not allowed to declare mail as ${declaration.purpose}`);
    }
    if (!this.#form.sevenBit) return { kind: "unsigned", reason: "eight-bit" };
    // Everybody would call it broken.
    if (this.#parts?.end() === true) return { kind: "unsigned", reason: "hidden-parts" };
    return { kind: "sign", declaration, grant };
  }

  /** Date and Message-ID, where the mail has none (RFC 6409 sections 8.2, 8.3): both are signed. */
  #missing(): HeaderField[] {
    if (this.#client.login === null) return [];
    const names = new Set(this.#header.names);
    const added: HeaderField[] = [];
    if (!names.has("date")) {
      const date = new Date(this.#deps.clock.now() * 1_000).toUTCString().replace("GMT", "+0000");
      added.push({ name: "Date", value: ` ${date}` });
    }
    const from = parseSingleMailbox(this.#header.one("from") ?? "");
    if (!names.has("message-id") && from.ok) {
      const left = Buffer.from(this.#deps.random(messageIdBytes)).toString("hex");
      added.push({ name: "Message-ID", value: ` <${left}@${from.value.domain}>` });
    }
    return added;
  }

  async #sign(
    fields: readonly HeaderField[],
    { declaration, grant }: Plan & { kind: "sign" },
  ): Promise<Result<HeaderField[]>> {
    const { clock, crypto, lifetimeSeconds } = this.#deps;
    const signed = await signDeclaration({
      fields,
      bodyHash: this.#body.digest(),
      declaration,
      now: clock.now(),
      lifetimeSeconds,
      signer: grant.signer,
      tokenKey: grant.tokenKey,
      crypto,
    });
    return signed.ok ? ok([signed.value.purpose, signed.value.signature]) : signed;
  }
}

function refuse(text: string): Plan {
  return { kind: "refuse", text };
}
