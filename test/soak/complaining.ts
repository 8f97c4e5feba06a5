// Readers who complain about some of the mails they got, through everything that happens: each complaint is brought until
// the bridge has said that it has it.
import { setTimeout as wait } from "node:timers/promises";
import type { SoakBridge } from "./bridge.ts";
import type { Entry } from "./ledger.ts";
import { readerOf, readers } from "./mails.ts";

/** Below what one pairing may complain at once (bridge/api/rate-limit.ts). */
const perReader = 30;
/** Until the next try after one in vain, ms. */
const pauseMs = 250;

const bearerOf = (index: number): string => `bearer-of-soak-reader-${index}-long-enough-to-be-one`;

/** Pairings of all readers: addresses by bearers. */
export function readersBearers(): ReadonlyMap<string, string> {
  return new Map(Array.from({ length: readers }, (_, index) => [bearerOf(index), readerOf(index)]));
}

/** Complaints on their way to the receiving bridge. */
export class Complaining {
  readonly #bridge: SoakBridge;
  readonly #waiting: Entry[] = [];
  readonly #told = new Map<string, number>();
  readonly #done: Promise<void>;
  #every = 0;
  #made = 0;
  #tries = 0;

  constructor(bridge: SoakBridge, signal: AbortSignal) {
    this.#bridge = bridge;
    this.#done = this.#work(signal);
  }

  /** From now on about one of so many declared mails; 0: none. */
  begin(every: number): void {
    this.#every = every;
  }

  /** Complaints that the bridge has, tries for them, and those still to be brought. */
  get counts(): { readonly made: number; readonly tries: number; readonly waiting: number } {
    return { made: this.#made, tries: this.#tries, waiting: this.#waiting.length };
  }

  /** Hears of a mail that was delivered. */
  consider(entry: Entry): void {
    if (this.#every === 0 || entry.kind !== "good" || entry.delivered > 1) return;
    // By number and reader, so that all readers have their share.
    if (Math.floor(entry.number / readers) % this.#every !== 0) return;
    const reader = readerOf(entry.number);
    const before = this.#told.get(reader) ?? 0;
    if (before >= perReader) return;
    this.#told.set(reader, before + 1);
    this.#waiting.push(entry);
  }

  done(): Promise<void> {
    return this.#done;
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [entry] = this.#waiting;
      const taken = entry !== undefined && (await this.#complain(entry));
      if (entry !== undefined) this.#waiting.shift();
      if (taken) continue;
      // Behind the others: tries in vain are counted against each reader.
      if (entry !== undefined) this.#waiting.push(entry);
      await wait(pauseMs);
    }
  }

  /** true once the bridge has it. 409: it had it, and its answer was lost with the process. */
  async #complain(entry: Entry): Promise<boolean> {
    this.#tries += 1;
    const index = entry.number % readers;
    const headers = {
      "content-type": "application/json",
      authorization: `Bearer ${bearerOf(index)}`,
      "x-forwarded-for": `192.0.2.${index + 1}`,
    };
    const body = JSON.stringify({ ref: entry.sealed?.ref, code: "phishing", tellSender: true });
    try {
      const { status } = await this.#bridge.ask("POST", "/api/v1/complaints", { headers, body });
      if (status === 201 || status === 409) this.#made += 1;
      else if (status !== 503 && status !== 429) throw new Refused(`complaint about mail ${entry.number}: ${status}`);
      return status === 201 || status === 409;
    } catch (error) {
      if (error instanceof Refused) throw error;
      return false;
    }
  }
}

class Refused extends Error {}
