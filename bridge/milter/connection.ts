// The life of one milter connection: octets in, packets out, what it waits for and for how long, how it ends. What its
// commands do stands in conversation.ts. They are worked on strictly in order; the only ones that may take time are the
// negotiation, a recipient and the end of a message, and while one does, nothing else is read. What the peer does wrong ends
// the connection (the MTA then does as its milter_default_action says).
import type { Socket } from "node:net";
import { limits } from "../../shared/limits.ts";
import { type Failure, perm } from "../../shared/result.ts";
import { progressAnswer } from "./answer.ts";
import { Conversation, type ConversationDeps, type Line, type Reaction } from "./conversation.ts";
import { writeBody } from "./new-body.ts";
import { type Packet, PacketReader } from "./packet.ts";

/** What a connection needs to know of its server. */
export interface ConnectionDeps extends ConversationDeps {
  readonly times: Times;
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

/** One connection with its state. The server feeds it octets and `tick`s; milliseconds never go back, whoever sets the clock. */
export class Connection implements Line {
  readonly #deps: ConnectionDeps;
  readonly #socket: Socket;
  readonly #reader = new PacketReader();
  readonly #conversation: Conversation;
  #working: Working | null = null;
  #stopping = false;
  /** When the packet under way began, or the last one ended. */
  #lastMs: number;

  constructor(socket: Socket, deps: ConnectionDeps, nowMs: number) {
    this.#socket = socket;
    this.#deps = deps;
    this.#conversation = new Conversation(deps, this);
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
      const allowedMs = !this.#conversation.agreed || this.#reader.partial ? times.packetMs : times.idleMs;
      const silentMs = nowMs - this.#lastMs;
      if (silentMs >= allowedMs) this.#break(perm("milter/timeout", `silent for ${Math.round(silentMs)} ms`));
    } else if (nowMs - working.sinceMs >= times.answerMs) {
      working.givenUp?.abort();
      this.#resume(this.#conversation.late(working.command, times.answerMs), nowMs);
    } else if (nowMs - working.progressMs >= times.progressMs && this.#conversation.awaits(working.command)) {
      working.progressMs = nowMs;
      this.#socket.write(progressAnswer, "latin1");
    }
  }

  /** The connection is gone. */
  closed(): void {
    this.#conversation.abandon();
  }

  /** Ends the connection now, or once the mail under way has its answer. */
  stop(): void {
    this.#stopping = true;
    this.#mayLeave();
  }

  /** Its packets follow each other: Postfix takes no others between them, "still at work" included. */
  async writeBody(body: Uint8Array): Promise<void> {
    const working = this.#working;
    if (working === null) return;
    working.progressMs = Number.POSITIVE_INFINITY;
    working.givenUp = new AbortController();
    await writeBody(this.#socket, body, working.givenUp.signal);
  }

  /** The MTA closes its end by itself: where nothing waits to be written, a shutdown first is a system call for nothing. */
  quit(): void {
    if (this.#socket.writableLength === 0) this.#socket.destroy();
    else this.#socket.end();
  }

  /** Closes both directions: an MTA that waits for no answers before a mail's end shall notice as it hands over the next. */
  #mayLeave(): void {
    if (this.#stopping && !this.#conversation.midMail) this.#socket.destroySoon();
  }

  #run(nowMs: number): void {
    try {
      while (this.#working === null && !this.#socket.writableEnded && !this.#socket.destroyed) {
        const packet = this.#reader.next();
        if (packet === null) break;
        // A piece of a body ends no packet: who sends an octet now and then has the packet's time, not the octet's.
        if (!this.#reader.midBody) this.#lastMs = nowMs;
        if ("ok" in packet) return this.#break(packet);
        const reaction = this.#conversation.react(packet, this.#reader.midBody);
        if (reaction instanceof Promise) this.#await(packet, reaction, nowMs);
        else this.#answer(reaction);
      }
    } catch (error) {
      // A bug outside of any mail's passage: the MTA sees a broken connection and puts the mail off.
      this.#conversation.note(error);
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
    if (this.#socket.destroyed) return;
    if (typeof reaction === "string") this.#socket.write(reaction, "latin1");
    else if (reaction !== null) return this.#break(reaction);
    this.#mayLeave();
  }

  #break(failure: Failure): void {
    if (this.#socket.destroyed) return;
    this.#deps.log.warn({ code: failure.code, detail: failure.detail }, "milter peer broke the protocol");
    this.#socket.destroy();
  }
}
