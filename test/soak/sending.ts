// Sends mails as a sending MTA does: twenty sessions, some mails each; what is put off waits and is tried again with the
// same octets until somebody has said 250.
import { setTimeout as wait } from "node:timers/promises";
import type { Entry, Ledger } from "./ledger.ts";
import { type Author, kindOf, makeSoakMail, type SoakMail } from "./mails.ts";
import { SmtpSession } from "./smtp.ts";

const sessions = 20;
const mailsPerSession = 25;
/** Waits before another try, ms: doubled each time. A real MTA waits minutes. */
const backoffMs = { first: 250, longest: 2_000 };
/** New mails a second where a fault outlasts its share of them. */
const trickle = 20;

interface Pending {
  readonly mail: SoakMail;
  readonly entry: Entry;
  dueMs: number;
}

/** Sends until its signal aborts. */
export class Sending {
  readonly #ledger: Ledger;
  readonly #port: number;
  readonly #signal: AbortSignal;
  readonly #authors: (number: number) => Author;
  readonly #perSecond: number;
  readonly #putOff: Pending[] = [];
  readonly #done: Promise<unknown>;
  #next = 0;
  #nextMs = 0;
  #trickling = false;
  #ordered = 0;
  #phase = "";

  constructor(
    parts: {
      readonly ledger: Ledger;
      readonly port: number;
      readonly authors: (number: number) => Author;
      /** New mails a second at most. */
      readonly perSecond: number;
    },
    signal: AbortSignal,
  ) {
    this.#perSecond = parts.perSecond;
    this.#ledger = parts.ledger;
    this.#port = parts.port;
    this.#authors = parts.authors;
    this.#signal = signal;
    this.#done = Promise.all(Array.from({ length: sessions }, () => this.#work()));
  }

  /** Names what happens now, and orders so many new mails; once they are sent, some more come until `settle`. */
  begin(phase: string, mails: number): void {
    this.#phase = phase;
    this.#ordered += mails;
    this.#trickling = true;
  }

  /** No more mails than were ordered. */
  settle(): void {
    this.#trickling = false;
  }

  /** New mails that have not been tried yet. */
  get untried(): number {
    return this.#ordered - this.#next;
  }

  /** Settles once the sessions are closed; rejects with what went wrong. */
  done(): Promise<unknown> {
    return this.#done;
  }

  async #take(): Promise<Pending | null> {
    const now = performance.now();
    const due = this.#putOff.findIndex(({ dueMs }) => dueMs <= now);
    if (due !== -1) return this.#putOff.splice(due, 1)[0] ?? null;
    if (now < this.#nextMs || (this.untried === 0 && !this.#trickling)) return null;
    const perSecond = this.untried === 0 ? trickle : this.#perSecond;
    this.#nextMs = Math.max(this.#nextMs, now - 1_000) + 1_000 / perSecond;
    if (this.untried === 0) this.#ordered += 1;
    const number = this.#next;
    this.#next += 1;
    const mail = await makeSoakMail(number, this.#authors(number));
    const entry = this.#ledger.add({ number, kind: kindOf(number), phase: this.#phase, messageId: mail.messageId });
    return { mail, entry, dueMs: 0 };
  }

  async #work(): Promise<void> {
    let session: SmtpSession | null = null;
    let sent = 0;
    while (!this.#signal.aborted) {
      const pending = await this.#take();
      if (pending === null) {
        await wait(10);
        continue;
      }
      session = await this.#try(pending, session);
      sent += 1;
      if (sent % mailsPerSession !== 0) continue;
      session?.close();
      session = null;
    }
    session?.close();
  }

  /** One try; the session, where it can be used again. */
  async #try(pending: Pending, open: SmtpSession | null): Promise<SmtpSession | null> {
    const { mail, entry } = pending;
    const session = open ?? (await SmtpSession.open(this.#port));
    const answer = session instanceof SmtpSession ? await session.send(mail) : session;
    if (answer.code === 250) {
      this.#ledger.accept(entry, /queued as (\S+)/.exec(answer.text)?.[1] ?? "");
      return session instanceof SmtpSession ? session : null;
    }
    if (answer.code < 400 || answer.code >= 500) throw new Error(`mail ${mail.number}: ${JSON.stringify(answer)}`);
    this.#ledger.putOff(entry, this.#phase, answer);
    pending.dueMs = performance.now() + Math.min(backoffMs.longest, backoffMs.first * 2 ** (entry.putOff - 1));
    this.#putOff.push(pending);
    // Postfix goes on without its milter for the rest of a session: 451 to everything.
    if (session instanceof SmtpSession) session.close();
    return null;
  }
}
