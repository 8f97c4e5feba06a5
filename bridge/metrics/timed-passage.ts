// Tells the metrics how long each mail took from its end to the answer.
import type { OpenPassage, Outcome, Passage, Reply } from "../pipeline/mail.ts";
import type { Metrics } from "./metrics.ts";

/** A passage, but for the time that its end takes. */
class TimedPassage implements Passage {
  readonly #passage: Passage;
  readonly #observe: (seconds: number) => void;

  constructor(passage: Passage, observe: (seconds: number) => void) {
    this.#passage = passage;
    this.#observe = observe;
  }

  recipient(address: string): Promise<Reply | null> | Reply | null {
    return this.#passage.recipient(address);
  }

  field(name: string, value: string): void {
    this.#passage.field(name, value);
  }

  body(chunk: Uint8Array): void {
    this.#passage.body(chunk);
  }

  async end(queueId: string | null): Promise<Outcome> {
    const started = performance.now();
    const outcome = await this.#passage.end(queueId);
    this.#observe((performance.now() - started) / 1000);
    return outcome;
  }

  abandon(): void {
    this.#passage.abandon?.();
  }
}

/** Mails of a listener, each timed. */
export function timed(open: OpenPassage, listener: string, metrics: Pick<Metrics, "observeMail">): OpenPassage {
  const observe = (seconds: number): void => metrics.observeMail(listener, seconds);
  return (client, from) => new TimedPassage(open(client, from), observe);
}
