// What each milter command does: an MTA's SMTP session, mails one after the other. What the peer does wrong is a failure;
// what we do wrong is answered as `on_failure` says and logged once a mail.
import { decodeUtf8Strict } from "../../shared/encoding/bytes.ts";
import { type Failure, perm } from "../../shared/result.ts";
import type { ClientFacts } from "../pipeline/client-facts.ts";
import type { Listener, OpenPassage, Reply } from "../pipeline/mail.ts";
import type { Counters, Log } from "../pipeline/ports.ts";
import { Unavailable } from "../pipeline/unavailable.ts";
import { continueAnswer, type FailureAnswer, formatFailure, formatOutcome, formatReply } from "./answer.ts";
import { parseConnect, parseHeader, parseMacros, parseStrings } from "./codec.ts";
import type { Gathering } from "./gathering.ts";
import type { Agreement, Negotiations } from "./negotiate.ts";
import type { Packet } from "./packet.ts";
import { commands, noReplyStep } from "./protocol.ts";
import type { RecipientAnswers } from "./recipient-answers.ts";
import { SmtpSession } from "./session.ts";
import { Transaction } from "./transaction.ts";

/** What the commands of one listener need. */
export interface ConversationDeps {
  readonly listener: Listener;
  readonly negotiations: Negotiations;
  readonly recipients: RecipientAnswers;
  readonly open: OpenPassage;
  readonly facts: ClientFacts | null;
  readonly onFailure: FailureAnswer;
  readonly log: Log;
  readonly counters: Counters;
  readonly gathering: Gathering;
}

/** What commands ask of their connection. */
export interface Line {
  /** Writes a body in place of the mail's own, before the answer to its end. */
  writeBody(body: Uint8Array): Promise<void>;
  /** The MTA is done with us. */
  quit(): void;
}

/** What a command leads to: packets to write, nothing to say, or the end of a peer that broke the protocol. */
export type Reaction = string | null | Failure;

/** The commands of one connection, and what they have told so far. */
export class Conversation {
  readonly #deps: ConversationDeps;
  readonly #line: Line;
  readonly #session = new SmtpSession();
  #agreement: Agreement | null = null;
  #mail: Transaction | null = null;

  constructor(deps: ConversationDeps, line: Line) {
    this.#deps = deps;
    this.#line = line;
  }

  /** Whether the negotiation is over. */
  get agreed(): boolean {
    return this.#agreement !== null;
  }

  /** Whether a mail has begun and has no answer yet. */
  get midMail(): boolean {
    return this.#mail !== null;
  }

  /** Whether the MTA waits for an answer to this command: it does unless something else was agreed. */
  awaits(command: number): boolean {
    const step = noReplyStep.get(command) ?? 0;
    return this.#agreement === null || (this.#agreement.steps & step) === 0;
  }

  /** Does what a command asks. `midBody`: it is a piece of a body, and others of the same packet follow. */
  react(packet: Packet, midBody: boolean): Reaction | Promise<Reaction> {
    const { command, text } = packet;
    if (command === commands.negotiate) return this.#negotiate(text);
    if (this.#agreement === null) return perm("milter/order", "a command before negotiation");
    switch (command) {
      case commands.macros:
        return this.#macros(text);
      case commands.connect:
        return this.#connect(text);
      case commands.helo:
        return this.#helo(text);
      case commands.mail:
        return this.#begin(text);
      case commands.recipient:
        return this.#recipient(text);
      case commands.header:
        return this.#header(text);
      case commands.body:
        return this.#body(packet.body, midBody);
      case commands.endOfMessage:
        return this.#end(text, this.#agreement);
      case commands.data:
      case commands.endOfHeader:
      case commands.unknown:
        return this.#goOn(command);
      case commands.abort:
        this.#forget();
        return null;
      case commands.quitKeepConnection:
        this.#forget();
        this.#session.reset();
        return null;
      case commands.quit:
        this.#forget();
        this.#line.quit();
        return null;
      default:
        return perm("milter/command", `unknown command ${command}`);
    }
  }

  /**
   * The answer to a command that we have not done within so many ms. A mail is given up with it. A recipient's is said only
   * where it is waited for: the MTA would take it for the answer to the mail's end, and let the mail through as it came.
   */
  late(command: number, ms: number): Reaction {
    this.#mail?.fail(new Error(`no answer within ${ms} ms`));
    return command === commands.recipient ? this.#goOn(command) : this.#failure();
  }

  /** The mail under way has no end. */
  abandon(): void {
    this.#mail?.abandon();
    this.#mail = null;
  }

  /** A bug of ours, or something that cannot be done now. */
  note(error: unknown): void {
    this.#deps.counters.count("failures", { where: `milter-${this.#deps.listener}` });
    const { queueId } = this.#session;
    if (error instanceof Unavailable)
      this.#deps.log.warn({ queueId, reason: error.message }, "a mail could not be kept");
    else this.#deps.log.error({ err: error, queueId }, "a mail could not be looked at");
  }

  /** The mail's end, as configured for bugs of ours. */
  #failure(): string {
    this.#mail = null;
    return formatFailure(this.#deps.onFailure);
  }

  /** "Go on", where that is waited for. */
  #goOn(command: number): Reaction {
    return this.awaits(command) ? continueAnswer : null;
  }

  #forget(): void {
    this.abandon();
    this.#session.endMail();
  }

  #negotiate(text: string): Reaction | Promise<Reaction> {
    if (this.#agreement !== null) return perm("milter/order", "a second negotiation");
    const { negotiations, recipients } = this.#deps;
    const agree = (wanted: boolean): Reaction => {
      const agreement = negotiations.agree(text, wanted);
      if (!agreement.ok) return agreement;
      this.#agreement = agreement.value;
      return agreement.value.answer;
    };
    const wanted = recipients.wanted();
    if (!(wanted instanceof Promise)) return agree(wanted);
    // Where it cannot be known, answering is never wrong.
    return wanted.catch(() => true).then(agree);
  }

  #macros(text: string): Reaction {
    const macros = parseMacros(text);
    if (!macros.ok) return macros;
    this.#session.define(macros.value);
    return null;
  }

  #connect(text: string): Reaction {
    const connect = parseConnect(text);
    if (!connect.ok) return connect;
    this.#session.connected(connect.value);
    return this.#goOn(commands.connect);
  }

  #helo(text: string): Reaction {
    const strings = parseStrings(text);
    if (!strings.ok) return strings;
    this.#session.greeted(strings.value[0]);
    return this.#goOn(commands.helo);
  }

  #begin(text: string): Reaction {
    const strings = parseStrings(text);
    if (!strings.ok) return strings;
    const [from, ...mailArguments] = strings.value;
    const { listener, facts, open } = this.#deps;
    this.#mail?.abandon();
    this.#mail = new Transaction(
      () => open(this.#session.client(listener, mailArguments, facts), addressOf(from)),
      (error) => this.note(error),
    );
    return this.#goOn(commands.mail);
  }

  #recipient(text: string): Reaction | Promise<Reaction> {
    if (this.#mail === null) return perm("milter/order", "a recipient outside of a mail");
    const strings = parseStrings(text);
    if (!strings.ok) return strings;
    const mail = this.#mail;
    const reply = mail.recipient(addressOf(strings.value[0]));
    const format = (refusal: Reply | null): Reaction => {
      if (refusal === null) return this.#goOn(commands.recipient);
      if (this.#agreement?.recipients === true) return formatReply(refusal);
      mail.putOff(this.#deps.recipients.unheard(refusal));
      return null;
    };
    return reply instanceof Promise ? reply.then(format) : format(reply);
  }

  #header(text: string): Reaction {
    if (this.#mail === null) return perm("milter/order", "a header field outside of a mail");
    const header = parseHeader(text);
    if (!header.ok) return header;
    this.#mail.field(header.value.name, header.value.value);
    return this.#goOn(commands.header);
  }

  #body(piece: Uint8Array | null, midBody: boolean): Reaction {
    if (this.#mail === null) return perm("milter/order", "a body outside of a mail");
    if (piece !== null) this.#mail.body(piece);
    // A packet that comes in several pieces has one answer.
    return midBody ? null : this.#goOn(commands.body);
  }

  #end(rest: string, agreement: Agreement): Reaction | Promise<Reaction> {
    const mail = this.#mail;
    if (mail === null) return perm("milter/order", "an end outside of a mail");
    // libmilter allows a last piece of the body in this packet.
    if (rest !== "") mail.body(Buffer.from(rest, "latin1"));
    return this.#decide(mail, agreement);
  }

  async #decide(mail: Transaction, agreement: Agreement): Promise<Reaction> {
    await this.#deps.gathering.mails();
    const outcome = await mail.end(this.#session.queueId);
    try {
      // Where we took too long the MTA has its answer, and may have begun another mail.
      if (this.#mail !== mail) return null;
      if (outcome === null) return this.#failure();
      const packets = formatOutcome(outcome, agreement);
      if (outcome.body !== undefined) await this.#line.writeBody(outcome.body);
      if (this.#mail === mail) this.#mail = null;
      return packets;
    } catch (error) {
      mail.fail(error);
      return this.#failure();
    } finally {
      outcome?.release?.();
    }
  }
}

/** "<alice@example.org>" without its brackets, UTF-8 decoded (RFC 6531); what is not UTF-8 stays a byte string. */
function addressOf(path: string): string {
  const address = path.startsWith("<") && path.endsWith(">") ? path.slice(1, -1) : path;
  return decodeUtf8Strict(address) ?? address;
}
