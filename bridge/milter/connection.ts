// One milter connection: an MTA's SMTP session, mails one after the other. Commands are worked on strictly in order; the
// only ones that may take time are a recipient and the end of a message, and while one does, nothing else is read.
// What the peer does wrong ends the connection (the MTA then does as its milter_default_action says); what we do wrong
// is answered as `on_failure` says and logged once a mail.
import type { Socket } from "node:net";
import { decodeUtf8Strict } from "../../shared/encoding/bytes.ts";
import { limits } from "../../shared/limits.ts";
import { type Failure, perm } from "../../shared/result.ts";
import type { ClientFacts } from "../pipeline/client-facts.ts";
import type { Listener, OpenPassage, Outcome, Reply } from "../pipeline/mail.ts";
import type { Counters, Log } from "../pipeline/ports.ts";
import { Unavailable } from "../pipeline/unavailable.ts";
import {
  continueAnswer,
  type FailureAnswer,
  formatFailure,
  formatOutcome,
  formatReply,
  progressAnswer,
} from "./answer.ts";
import { writeBody } from "./new-body.ts";
import { formatOptions, parseConnect, parseHeader, parseMacros, parseOptions, parseStrings } from "./codec.ts";
import type { Gathering } from "./gathering.ts";
import { type Agreement, negotiate, type Wants } from "./negotiate.ts";
import { formatPacket, type Packet, PacketReader } from "./packet.ts";
import type { RecipientAnswers } from "./recipient-answers.ts";
import { commands, noReplyStep, responses } from "./protocol.ts";
import { SmtpSession } from "./session.ts";
import { Transaction } from "./transaction.ts";

/** What a connection needs to know of its server. */
export interface ConnectionDeps {
  readonly listener: Listener;
  readonly transport: "unix" | "tcp";
  readonly wants: Omit<Wants, "recipients">;
  readonly recipients: RecipientAnswers;
  readonly open: OpenPassage;
  readonly facts: ClientFacts | null;
  readonly onFailure: FailureAnswer;
  readonly log: Log;
  readonly counters: Counters;
  readonly times: Times;
  readonly gathering: Gathering;
}

/** How long a peer or our own work may take, ms. */
export interface Times {
  /** From connecting to the first command, and from a packet's first octet to its last. */
  readonly packetMs: number;
  /** Between commands. MTAs keep a connection as long as their own client's, and libmilter waits 7,210 s. */
  readonly idleMs: number;
  /** How often a waiting MTA hears that we are still at work; Postfix' milter_command_timeout is 30 s. */
  readonly progressMs: number;
  /** From a recipient or an end of message to our answer: less than Postfix' milter_content_timeout of 300 s. */
  readonly answerMs: number;
}

/** An answer in the making. */
interface Working {
  /** What is answered. */
  readonly command: number;
  readonly sinceMs: number;
  progressMs: number;
  /** Ends a body that is being written. */
  givenUp: AbortController | null;
}

/** What a command leads to: packets to write, nothing to say, or the end of a peer that broke the protocol. */
type Reaction = string | null | Failure;

/** One connection with its state. The server feeds it octets and `tick`s; milliseconds never go back, whoever sets the clock. */
export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #socket: Socket;
  readonly #reader = new PacketReader();
  readonly #session = new SmtpSession();
  #agreement: Agreement | null = null;
  #mail: Transaction | null = null;
  #working: Working | null = null;
  #stopping = false;
  /** When the packet under way began, or the last one ended. */
  #lastMs: number;

  constructor(socket: Socket, deps: ConnectionDeps, nowMs: number) {
    this.#socket = socket;
    this.#deps = deps;
    this.#lastMs = nowMs;
  }

  /** Octets came in. */
  receive(chunk: Buffer, nowMs: number): void {
    this.#deps.gathering.heard();
    if (!this.#reader.partial) this.#lastMs = nowMs;
    this.#reader.push(chunk);
    this.#run(nowMs);
    if (this.#working !== null && this.#reader.waitingBytes > limits.milterQueuedBytes) this.#socket.pause();
  }

  /** Called every second or so: timeouts and progress. */
  tick(nowMs: number): void {
    if (this.#socket.writableLength > limits.milterUnreadBytes)
      return this.#break(perm("milter/unread", "never reads"));
    const { times } = this.#deps;
    const working = this.#working;
    if (working === null) {
      const allowedMs = this.#agreement === null || this.#reader.partial ? times.packetMs : times.idleMs;
      const silentMs = nowMs - this.#lastMs;
      if (silentMs >= allowedMs) this.#break(perm("milter/timeout", `silent for ${Math.round(silentMs)} ms`));
    } else if (nowMs - working.sinceMs >= times.answerMs) {
      working.givenUp?.abort();
      this.#mail?.fail(new Error(`no answer within ${times.answerMs} ms`));
      this.#resume(working.command === commands.recipient ? continueAnswer : this.#failure(), nowMs);
    } else if (nowMs - working.progressMs >= times.progressMs) {
      working.progressMs = nowMs;
      this.#socket.write(progressAnswer, "latin1");
    }
  }

  /** The connection is gone. */
  closed(): void {
    this.#mail?.abandon();
    this.#mail = null;
  }

  /** Ends the connection now, or once the mail under way has its answer. */
  stop(): void {
    this.#stopping = true;
    if (this.#mail === null) this.#leave();
  }

  /** Closes both directions: an MTA that waits for no answers before a mail's end shall notice as it hands over the next. */
  #leave(): void {
    this.#socket.destroySoon();
  }

  #run(nowMs: number): void {
    try {
      while (this.#working === null && !this.#socket.writableEnded && !this.#socket.destroyed) {
        const packet = this.#reader.next();
        if (packet === null) break;
        // A piece of a body ends no packet: who sends an octet now and then has the packet's time, not the octet's.
        if (!this.#reader.midBody) this.#lastMs = nowMs;
        if ("ok" in packet) return this.#break(packet);
        const reaction = this.#react(packet);
        if (reaction instanceof Promise) this.#await(packet, reaction, nowMs);
        else this.#answer(reaction);
      }
    } catch (error) {
      // A bug outside of any mail's passage: the MTA sees a broken connection and puts the mail off.
      this.#note(error);
      this.#socket.destroy();
    }
  }

  #await(packet: Packet, reaction: Promise<Reaction>, nowMs: number): void {
    const working: Working = { command: packet.command, sinceMs: nowMs, progressMs: nowMs, givenUp: null };
    this.#working = working;
    void reaction.then((answer) => {
      // Otherwise given up meanwhile: the MTA has its answer already.
      if (this.#working === working) this.#resume(answer, performance.now());
    });
  }

  #resume(answer: Reaction, nowMs: number): void {
    this.#working = null;
    this.#answer(answer);
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#run(nowMs);
  }

  #answer(reaction: Reaction): void {
    if (reaction === null || this.#socket.destroyed) return;
    if (typeof reaction !== "string") return this.#break(reaction);
    this.#socket.write(reaction, "latin1");
    if (this.#stopping && this.#mail === null) this.#leave();
  }

  #break(failure: Failure): void {
    if (this.#socket.destroyed) return;
    this.#deps.log.warn({ code: failure.code, detail: failure.detail }, "milter peer broke the protocol");
    this.#socket.destroy();
  }

  /** The mail's end, as configured for bugs of ours. */
  #failure(): string {
    this.#mail = null;
    return formatFailure(this.#deps.onFailure);
  }

  #note(error: unknown): void {
    this.#deps.counters.count("failures", { where: `milter-${this.#deps.listener}` });
    const { queueId } = this.#session;
    if (error instanceof Unavailable)
      this.#deps.log.warn({ queueId, reason: error.message }, "a mail could not be kept");
    else this.#deps.log.error({ err: error, queueId }, "a mail could not be looked at");
  }

  #react(packet: Packet): Reaction | Promise<Reaction> {
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
        return this.#body(packet.body);
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
        // The MTA closes its end by itself: where nothing waits to be written, a shutdown first is a system call for nothing.
        if (this.#socket.writableLength === 0) this.#socket.destroy();
        else this.#socket.end();
        return null;
      default:
        return perm("milter/command", `unknown command ${command}`);
    }
  }

  /** "Go on", unless it was agreed not to say so. */
  #goOn(command: number): Reaction {
    const step = noReplyStep.get(command) ?? 0;
    return this.#agreement !== null && (this.#agreement.steps & step) !== 0 ? null : continueAnswer;
  }

  #forget(): void {
    this.#mail?.abandon();
    this.#mail = null;
    this.#session.endMail();
    if (this.#stopping) this.#leave();
  }

  #negotiate(text: string): Reaction | Promise<Reaction> {
    if (this.#agreement !== null) return perm("milter/order", "a second negotiation");
    const offer = parseOptions(text);
    if (!offer.ok) return offer;
    const { wants, transport, recipients } = this.#deps;
    const agree = (wanted: boolean): Reaction => {
      const agreement = negotiate(offer.value, transport, { ...wants, recipients: wanted });
      if (!agreement.ok) return agreement;
      this.#agreement = agreement.value;
      return formatPacket(responses.negotiate, formatOptions(agreement.value.answer));
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
      (error) => this.#note(error),
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

  #body(piece: Uint8Array | null): Reaction {
    if (this.#mail === null) return perm("milter/order", "a body outside of a mail");
    if (piece !== null) this.#mail.body(piece);
    // A packet that comes in several pieces has one answer.
    return this.#reader.midBody ? null : this.#goOn(commands.body);
  }

  #end(rest: string, agreement: Agreement): Reaction | Promise<Reaction> {
    const mail = this.#mail;
    if (mail === null) return perm("milter/order", "an end outside of a mail");
    // libmilter allows a last piece of the body in this packet.
    if (rest !== "") mail.body(Buffer.from(rest, "latin1"));
    const answer = async (outcome: Outcome | null): Promise<Reaction> => {
      // Where we took too long the MTA has its answer, and may have begun another mail.
      if (this.#mail !== mail) return null;
      if (outcome === null) return this.#failure();
      try {
        const packets = formatOutcome(outcome, agreement);
        if (outcome.body !== undefined) await this.#newBody(outcome.body);
        if (this.#mail === mail) this.#mail = null;
        return packets;
      } catch (error) {
        mail.fail(error);
        return this.#failure();
      }
    };
    return this.#deps.gathering.mails().then(async () => {
      const outcome = await mail.end(this.#session.queueId);
      try {
        return await answer(outcome);
      } finally {
        outcome?.release?.();
      }
    });
  }

  /** Its packets follow each other: Postfix takes no others between them, "still at work" included. */
  async #newBody(body: Uint8Array): Promise<void> {
    const working = this.#working;
    if (working === null) return;
    working.progressMs = Number.POSITIVE_INFINITY;
    working.givenUp = new AbortController();
    await writeBody(this.#socket, body, working.givenUp.signal);
  }
}

/** "<alice@example.org>" without its brackets, UTF-8 decoded (RFC 6531); what is not UTF-8 stays a byte string. */
function addressOf(path: string): string {
  const address = path.startsWith("<") && path.endsWith(">") ? path.slice(1, -1) : path;
  return decodeUtf8Strict(address) ?? address;
}
