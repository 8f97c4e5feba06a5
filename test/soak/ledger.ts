// What became of each mail: handed over, answered, delivered, as whom it was sealed. The only place that counts.
import type { HopSignal } from "../../shared/hop/types.ts";
import type { Kind } from "./mails.ts";
import type { Answer } from "./smtp.ts";

/** One mail's life so far. */
export interface Entry {
  readonly number: number;
  readonly kind: Kind;
  readonly phase: string;
  readonly messageId: string;
  /** Queue id that the 250 named; null before. */
  queueId: string | null;
  /** Answers that put it off. */
  putOff: number;
  delivered: number;
  /** Its seal's signal, once delivered. */
  sealed: HopSignal | null;
  /** What must not be. */
  readonly wrong: string[];
}

/** A mail that was put off after its content; times monotonic, ms. */
interface Late {
  readonly step: string;
  /** When its content was asked for. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** All mails, and answers by phase and step of SMTP. */
export class Ledger {
  readonly entries: Entry[] = [];
  readonly #late: Late[] = [];
  readonly #putOffs = new Map<string, Map<string, number>>();
  #accepted = 0;
  #delivered = 0;

  get accepted(): number {
    return this.#accepted;
  }

  get delivered(): number {
    return this.#delivered;
  }

  add(entry: Pick<Entry, "number" | "kind" | "phase" | "messageId">): Entry {
    const made: Entry = { ...entry, queueId: null, putOff: 0, delivered: 0, sealed: null, wrong: [] };
    this.entries[entry.number] = made;
    return made;
  }

  accept(entry: Entry, queueId: string): void {
    if (entry.queueId !== null) entry.wrong.push("accepted twice");
    entry.queueId = queueId;
    this.#accepted += 1;
  }

  /** `phase`: the one under way, which need not be the one the mail was made in. */
  putOff(entry: Entry, phase: string, answer: Answer): void {
    const step = `${answer.step} ${/^4\.\d+\.\d+/.exec(answer.text)?.[0] ?? ""}`;
    entry.putOff += 1;
    if (answer.contentMs !== null) this.#late.push({ step, fromMs: answer.contentMs, untilMs: performance.now() });
    const steps = this.#putOffs.get(phase) ?? new Map<string, number>();
    this.#putOffs.set(phase, steps);
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }

  /** Answers that put mail off during a phase, by the step they came at and their enhanced code: "end 4.7.5". */
  putOffs(phase: string): ReadonlyMap<string, number> {
    return this.#putOffs.get(phase) ?? new Map();
  }

  /** Those answers that came to mails whose content was under way at this time, monotonic ms. */
  putOffAcross(atMs: number): readonly string[] {
    return this.#late.filter(({ fromMs, untilMs }) => fromMs < atMs && atMs < untilMs).map(({ step }) => step);
  }

  deliver(entry: Entry): void {
    entry.delivered += 1;
    this.#delivered += 1;
  }

  /** Mails of a phase that have no 250 yet. */
  open(phase: string): number {
    return this.entries.filter((entry) => entry.phase === phase && entry.queueId === null).length;
  }
}
