// One mail's passage, guarded: a bug of ours is noted once, and from then on nothing more is asked of it. The mail is
// answered as a whole at its end, as `on_failure` says, so that no half-looked-at mail ever reads as looked at.
import { limits } from "../../shared/limits.ts";
import type { Outcome, Passage, Reply } from "../pipeline/mail.ts";

const tooMany: Reply = { code: 452, enhanced: "4.5.3", text: "Too many recipients" };

/** A mail under way. `note` hears of the first bug. */
export class Transaction {
  readonly #note: (error: unknown) => void;
  /** null: failed. */
  #passage: Passage | null = null;
  #recipients = 0;
  #putOff: Reply | null = null;

  constructor(open: () => Passage, note: (error: unknown) => void) {
    this.#note = note;
    try {
      this.#passage = open();
    } catch (error) {
      note(error);
    }
  }

  /** As Passage.recipient; a recipient that could not be looked at is taken, and the mail fails at its end. */
  recipient(address: string): Promise<Reply | null> | Reply | null {
    this.#recipients += 1;
    // RFC 5321 section 4.5.3.1.10: the rest may come in another transaction.
    if (this.#recipients > limits.recipients) return tooMany;
    try {
      const answer = this.#passage?.recipient(address) ?? null;
      return answer instanceof Promise ? answer.catch((error: unknown) => this.#taken(error)) : answer;
    } catch (error) {
      return this.#taken(error);
    }
  }

  /** The mail is to come again, whatever else is found. */
  putOff(reply: Reply): void {
    this.#putOff = reply;
  }

  field(name: string, value: string): void {
    try {
      this.#passage?.field(name, value);
    } catch (error) {
      this.fail(error);
    }
  }

  body(piece: Uint8Array): void {
    try {
      this.#passage?.body(piece);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The outcome, or null if the mail has failed. */
  async end(queueId: string | null): Promise<Outcome | null> {
    if (this.#putOff !== null) {
      this.abandon();
      return { action: "tempfail", reply: this.#putOff, edits: [] };
    }
    try {
      return (await this.#passage?.end(queueId)) ?? null;
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  /** Gives the mail up. */
  fail(error: unknown): void {
    if (this.#passage !== null) this.#note(error);
    this.abandon();
  }

  /** The MTA has given the mail up. */
  abandon(): void {
    const passage = this.#passage;
    this.#passage = null;
    passage?.abandon?.();
  }

  #taken(error: unknown): null {
    this.fail(error);
    return null;
  }
}
