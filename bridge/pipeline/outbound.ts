// A mail that one's own user submits: the wish becomes a signed declaration. docs/protocol.md section 3.2.
// A wish is kept or refused with words: sent on silently without it, the writer would believe his mail declared. A
// declaration that is made unasked never keeps a mail from leaving; where it can't be made, that is counted by reason.
import { type HeaderField, plainName } from "../../shared/header/field.ts";
import { parseSingleMailbox } from "../../shared/header/address.ts";
import { isAscii } from "../../shared/encoding/bytes.ts";
import { purposeField } from "../../shared/ipp/declaration.ts";
import { coveredFields, optionalFields, requiredFields } from "../../shared/ipp/signed-fields.ts";
import { signDeclaration } from "../../shared/ipp/sign.ts";
import type { Declaration } from "../../shared/ipp/types.ts";
import { purposeMatches } from "../../shared/policy/evaluate.ts";
import { type Failure, ok, perm, type Result } from "../../shared/result.ts";
import { deletions, HeaderCollector, tooLarge } from "./header-fields.ts";
import type { Client, HeaderEdit, OpenPassage, Outcome, Passage } from "./mail.ts";
import { BodyRoom, OutgoingBody } from "./outgoing-body.ts";
import type { PipelineDeps, SigningGrant, Users } from "./ports.ts";
import { strippedKind } from "./strip.ts";
import { forbidden, noCertificate, type Reason, resent, unsignable, type Unsignable } from "./unsignable.ts";
import { parseWish, wishField } from "./wish.ts";

/** What a submission listener is made of. */
export interface OutboundDeps extends PipelineDeps {
  readonly users: Users;
  /** x - t of what is signed. */
  readonly lifetimeSeconds: () => number;
}

/** The way out. `room`: for all bodies that have to be kept at one time. */
export function createOutbound(deps: OutboundDeps, room: BodyRoom = new BodyRoom()): OpenPassage {
  return (client) => new OutboundMail(deps, client, room);
}

/** The mail passes, or is refused where its writer `wished` for a declaration. */
interface Unsigned extends Unsignable {
  readonly kind: "unsigned";
  readonly wished: boolean;
}

interface ToSign {
  readonly kind: "sign";
  readonly wished: boolean;
  readonly declaration: Declaration;
  readonly grant: SigningGrant & { kind: "granted" };
}

/** What is to become of the declaration. "none": nobody wants one. */
type Plan = { readonly kind: "none" } | Unsigned | ToSign;

/** Our fields on top, and what of the mail itself had to change. */
interface Signed {
  readonly kind: "signed";
  readonly onTop: readonly HeaderField[];
  readonly changes: readonly HeaderEdit[];
  readonly body: Uint8Array | null;
}

const none: Plan = { kind: "none" };

const messageIdBytes = 16;

class OutboundMail implements Passage {
  readonly #deps: OutboundDeps;
  readonly #client: Client;
  readonly #header = new HeaderCollector();
  readonly #body: OutgoingBody;
  /** Made once the header is whole. */
  #planned: Plan | null = null;

  constructor(deps: OutboundDeps, client: Client, room: BodyRoom) {
    this.#deps = deps;
    this.#client = client;
    this.#body = new OutgoingBody(room);
  }

  recipient(): null {
    return null;
  }

  field(name: string, value: string): void {
    this.#header.add(name, value);
  }

  body(chunk: Uint8Array): void {
    this.#plan();
    this.#body.update(chunk);
  }

  abandon(): void {
    this.#body.release();
  }

  async end(queueId: string | null): Promise<Outcome> {
    try {
      return await this.#outcome(queueId);
    } finally {
      // Whatever became of it: what leaves in its place has been handed over.
      this.#body.release();
    }
  }

  async #outcome(queueId: string | null): Promise<Outcome> {
    const { fields } = this.#header;
    if (this.#header.overflown) return tooLarge;
    const removed = new Set(fields.filter((field) => this.#goes(field)));
    const kept = fields.filter((field) => !removed.has(field));
    const added = this.#missing();
    const plan = this.#plan();
    const done = plan.kind === "sign" ? await this.#sign(plan, added, kept) : plan;
    if (done.kind === "unsigned" && (done.wished || done.reason === "no-room")) {
      const action = done.reply.code < 500 ? "tempfail" : "reject";
      this.#done(queueId, "refused", action, done);
      return { action, reply: done.reply, edits: [] };
    }
    if (done.kind === "unsigned") this.#deps.counters.count("unsigned", { reason: done.reason });
    const deleted = deletions(this.#header, removed);
    if (done.kind !== "signed") {
      this.#done(queueId, "unsigned", "accept", done.kind === "unsigned" ? done : null);
      return { action: "accept", reply: null, edits: [...deleted, ...onTop(added)] };
    }
    this.#done(queueId, "signed", "accept", null);
    const { changes, body } = done;
    const edits = [...deleted, ...changes, ...onTop(done.onTop)];
    const accepted: Outcome = { action: "accept", reply: null, edits };
    return body === null ? accepted : { ...accepted, body, release: this.#body.handOver() };
  }

  #done(queueId: string | null, result: string, action: string, why: Unsigned | null): void {
    this.#deps.counters.count("mails", { listener: "submission", result, action });
    const facts = { queueId, listener: "submission", result, action };
    if (why === null) return this.#deps.log.info(facts, "mail");
    const { reason, code, remedy } = why;
    this.#deps.log.warn({ ...facts, reason, code, remedy }, "a mail could not be declared");
  }

  get #isResent(): boolean {
    return this.#header.names.some((name) => name.startsWith("resent-"));
  }

  /** Somebody else's declaration stays on a mail that is passed on: it proves itself, and may do so at the next reader. */
  get #passedOn(): boolean {
    return this.#client.login === null || this.#isResent;
  }

  #goes(field: HeaderField): boolean {
    const name = plainName(field.name);
    const kind = strippedKind(name);
    return kind === "hop" || kind === "wish" || (name.startsWith("ipp-") && !this.#passedOn);
  }

  /** Before the first octet of the body, or at the end of a mail that has none, whose label is looked at all the same. */
  #plan(): Plan {
    if (this.#planned !== null) return this.#planned;
    this.#planned = this.#decide();
    if (this.#planned.kind === "sign") this.#body.keep(this.#header.one("content-type") ?? "");
    return this.#planned;
  }

  #decide(): Plan {
    const [first, second] = this.#header.named(wishField.toLowerCase());
    const wish: Result<Declaration | null> = first === undefined ? ok(null) : parseWish(first.value);
    if (first !== undefined && second === undefined && wish.ok && wish.value === null) return none;
    // A mail program wishes for its user's usual purpose when he redirects a mail, too.
    if (this.#isResent) return first === undefined ? none : { kind: "unsigned", wished: false, ...resent };
    const refuse = (reason: Reason, text: string): Plan => {
      return { kind: "unsigned", wished: first !== undefined, ...forbidden(reason, text) };
    };
    if (second !== undefined) return refuse("not-understood", `The mail has more than one ${wishField}`);
    if (!wish.ok) return refuse("not-understood", `${wishField} is not understood (${wish.code})`);
    const wished = wish.value;
    const { login } = this.#client;
    if (wished === null && login === null) return none;
    if (login === null) return refuse("not-authenticated", `Only who has logged in may declare mail (${wishField})`);
    const from = parseSingleMailbox(this.#header.one("from") ?? "");
    if (!from.ok) {
      return wished === null ? none : refuse("no-single-from", `${purposeField} needs a single From address`);
    }
    const { address } = from.value;
    const grant = this.#deps.users.signing(login, address);
    if (grant.kind === "foreign-address") {
      return wished === null ? none : refuse("foreign-address", `You are not allowed to declare mail of ${address}`);
    }
    const declaration = wished ?? grant.unasked;
    if (declaration === null) return none;
    if (grant.kind === "no-certificate") {
      return { kind: "unsigned", wished: wished !== null, ...noCertificate(address) };
    }
    if (!grant.purposes.some((pattern) => purposeMatches(pattern, declaration.purpose))) {
      return refuse("purpose-not-granted", `You are not allowed to declare mail as ${declaration.purpose}`);
    }
    return { kind: "sign", wished: wished !== null, declaration, grant };
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

  async #sign(plan: ToSign, added: readonly HeaderField[], kept: readonly HeaderField[]): Promise<Signed | Unsigned> {
    const unsigned = (why: Failure): Unsigned => ({ kind: "unsigned", wished: plan.wished, ...unsignable(why) });
    // RFC 6531 section 3.2: only where the client said so the header may have UTF-8; else it is rewritten on the way.
    const utf8 = this.#client.protocol?.startsWith("UTF8") ?? false;
    const raw = utf8 ? undefined : kept.find(({ name, value }) => isCovered(name) && !isAscii(value));
    if (raw !== undefined) return unsigned(perm("header/eight-bit", raw.name));
    const leaving = this.#body.leaving(kept, utf8);
    if (!leaving.ok) return unsigned(leaving);
    const { hash, fields: set, body } = leaving.value;
    const anew = set.filter(({ name }) => this.#header.named(plainName(name)).length === 0);
    const changes = set
      .filter((field) => !anew.includes(field))
      .map(({ name, value }): HeaderEdit => ({ kind: "change", name: name.trimEnd(), instance: 1, value }));
    const changed = kept.map((field) => set.find(({ name }) => plainName(name) === plainName(field.name)) ?? field);
    const { clock, crypto, lifetimeSeconds } = this.#deps;
    const { signer, tokenKey } = plan.grant;
    const signed = await signDeclaration({
      fields: [...anew, ...added, ...changed],
      bodyHash: hash,
      declaration: plan.declaration,
      now: clock.now(),
      lifetimeSeconds: lifetimeSeconds(),
      signer,
      tokenKey,
      crypto,
    });
    if (!signed.ok) return unsigned(signed);
    const { purpose, signature } = signed.value;
    return { kind: "signed", onTop: [...added, ...anew, purpose, signature], changes, body };
  }
}

function onTop(fields: readonly HeaderField[]): readonly HeaderEdit[] {
  return fields.map((field): HeaderEdit => ({ kind: "insert", index: 0, ...field }));
}

const covered: ReadonlySet<string> = new Set([...requiredFields, ...coveredFields, ...optionalFields]);

/** Whether a declaration signs fields of this name. */
function isCovered(name: string): boolean {
  return covered.has(plainName(name));
}
