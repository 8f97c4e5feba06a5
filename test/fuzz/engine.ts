// Fuzzes one target: inputs that reach branches, or reach them more often than any before, are kept and changed further.
import { sample } from "fast-check";
import { randomOf } from "../fakes/random.ts";
import type { Counters } from "./instrument.ts";
import { mutated, type Stock } from "./mutators.ts";
import { byteString, octetsOf, type Target } from "./target.ts";

/** Something a target did that it must never do. */
export interface Finding {
  readonly target: string;
  readonly what: string;
  /** Byte string. */
  readonly input: string;
}

/** When to end: whichever comes first. */
export interface Budget {
  readonly ms: number;
  readonly executions: number;
  /** The rest is mostly the same. */
  readonly findings: number;
}

/** What came of it. */
export interface Round {
  readonly target: string;
  readonly executions: number;
  /** Branches taken, of those in the files of which any was. */
  readonly taken: number;
  readonly branches: number;
  /** Inputs that together take all those branches: the corpus to keep. Byte strings. */
  readonly corpus: readonly string[];
  /** Most steps per octet above the base. */
  readonly steepest: number;
  readonly findings: readonly Finding[];
}

const usualMaxBytes = 4_096;
const usualStepsPerByte = 200;
const usualBaseSteps = 3_000;
const structuredBatch = 64;
const trimTries = 64;

/** Fuzzes a target until the budget is spent. `corpus`: inputs of earlier rounds; `before` hears of each input first. */
export async function fuzz(
  target: Target,
  options: {
    readonly counters: Counters;
    readonly corpus: readonly string[];
    readonly seed: number;
    readonly budget: Budget;
    readonly before: (input: Uint8Array) => void;
  },
): Promise<Round> {
  const session = new Session(target, options);
  for (const input of [...target.seeds, ...options.corpus]) await session.offer(octetsOf(input));
  if (session.kept.length === 0) await session.offer(new Uint8Array());
  await session.run();
  return session.round();
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

class Session {
  readonly #target: Target;
  readonly #options: Parameters<typeof fuzz>[1];
  readonly #stock: Stock;
  readonly #seen = new Uint32Array(65_536);
  readonly #findings: Finding[] = [];
  readonly #told = new Set<string>();
  readonly kept: Uint8Array[] = [];
  #structured: Uint8Array[] = [];
  #executions = 0;
  #steepest = 0;

  constructor(target: Target, options: Parameters<typeof fuzz>[1]) {
    this.#target = target;
    this.#options = options;
    const words = [...options.counters.words, ...(target.words ?? [])].map(octetsOf);
    const maxBytes = target.maxBytes ?? usualMaxBytes;
    this.#stock = { random: randomOf(options.seed), words, kept: this.kept, maxBytes };
  }

  async run(): Promise<void> {
    const { ms, executions, findings } = this.#options.budget;
    const started = performance.now();
    const { random } = this.#stock;
    while (this.#executions < executions && this.#findings.length < findings) {
      if (this.#executions % 32 === 0 && performance.now() - started >= ms) return;
      if (this.#target.structured !== undefined && random() < 0.2) {
        await this.offer(this.#nextStructured(this.#target.structured));
        continue;
      }
      // Later ones took more to reach.
      const place = Math.floor(this.kept.length * (random() < 0.5 ? random() : Math.sqrt(random())));
      await this.offer(mutated(this.kept[place] ?? new Uint8Array(), this.#stock));
    }
  }

  #nextStructured(arbitrary: NonNullable<Target["structured"]>): Uint8Array {
    if (this.#structured.length === 0) {
      const seed = Math.floor(this.#stock.random() * 0x7fff_ffff);
      this.#structured = sample(arbitrary, { numRuns: structuredBatch, seed });
    }
    return this.#structured.pop() ?? new Uint8Array();
  }

  /** Runs one input and keeps it if it shows something new. */
  async offer(input: Uint8Array): Promise<void> {
    await this.#execute(input);
    const fresh = this.#fresh(true);
    if (fresh > 0) this.kept.push(await this.#trimmed(input));
  }

  async #execute(input: Uint8Array): Promise<void> {
    const { counters, before } = this.#options;
    before(input);
    counters.counts.fill(0, 0, counters.used());
    this.#executions += 1;
    try {
      await this.#target.run(input);
      // Promises that nobody waits for fail by now, and end the process.
      await turn();
    } catch (error) {
      this.#find(error instanceof Error ? (error.stack ?? error.message) : String(error), input);
    }
    this.#weigh(input);
  }

  /** Work in proportion to the input's length. */
  #weigh(input: Uint8Array): void {
    const { counters } = this.#options;
    let steps = 0;
    for (let index = counters.used() - 1; index >= 0; index -= 1) steps += counters.counts[index] ?? 0;
    const base = this.#target.baseSteps ?? usualBaseSteps;
    const perByte = Math.max(0, steps - base) / Math.max(1, input.length);
    this.#steepest = Math.max(this.#steepest, perByte);
    if (perByte > (this.#target.stepsPerByte ?? usualStepsPerByte)) {
      this.#find(`${steps} steps for ${input.length} octets`, input);
    }
  }

  #find(what: string, input: Uint8Array): void {
    // The same rule broken at the same place is one finding.
    const place = what
      .replaceAll(/[0-9]+/g, "0")
      .split("\n")
      .slice(0, 3)
      .join("\n")
      .slice(0, 400);
    if (this.#told.has(place)) return;
    this.#told.add(place);
    this.#findings.push({ target: this.#target.name, what, input: byteString(input) });
  }

  /** How many branches, by how often they were taken (once, twice, a few, many …), had not been seen; `keep` remembers them. */
  #fresh(keep: boolean): number {
    const { counts, used } = this.#options.counters;
    let fresh = 0;
    for (let index = used() - 1; index >= 0; index -= 1) {
      const count = counts[index] ?? 0;
      if (count === 0) continue;
      const bit = 1 << Math.min(7, 31 - Math.clz32(count));
      const seen = this.#seen[index] ?? 0;
      if ((seen & bit) !== 0) continue;
      fresh += 1;
      if (keep) this.#seen[index] = seen | bit;
    }
    return fresh;
  }

  /** Shorter, if it still takes the same branches. */
  async #trimmed(input: Uint8Array): Promise<Uint8Array> {
    if (input.length < 16) return input;
    const wanted = this.#branches();
    let best = input;
    let size = best.length >> 1;
    for (let tries = 0; tries < trimTries && size >= 4; size >>= 1) {
      for (let at = 0; at + size <= best.length && tries < trimTries; tries += 1) {
        const shorter = new Uint8Array(Buffer.concat([best.subarray(0, at), best.subarray(at + size)]));
        await this.#execute(shorter);
        this.#fresh(true);
        const taken = this.#branches();
        if (wanted.every((branch) => taken.includes(branch))) best = shorter;
        else at += size;
      }
    }
    return best;
  }

  #branches(): number[] {
    const { counts, used } = this.#options.counters;
    const taken: number[] = [];
    for (let index = 0; index < used(); index += 1) if ((counts[index] ?? 0) > 0) taken.push(index);
    return taken;
  }

  async round(): Promise<Round> {
    const executions = this.#executions;
    const { counters } = this.#options;
    // Greedy: short ones first, each must take a branch that none before took.
    const taken = new Set<number>();
    const corpus: string[] = [];
    for (const input of this.kept.toSorted((a, b) => a.length - b.length)) {
      await this.#execute(input);
      const more = this.#branches().filter((branch) => !taken.has(branch));
      if (more.length === 0) continue;
      for (const branch of more) taken.add(branch);
      corpus.push(byteString(input));
    }
    const branches = [...counters.files.values()]
      .filter(([first, end]) => [...taken].some((branch) => branch >= first && branch < end))
      .reduce((sum, [first, end]) => sum + end - first, 0);
    return {
      target: this.#target.name,
      executions,
      taken: taken.size,
      branches,
      corpus,
      steepest: this.#steepest,
      findings: this.#findings,
    };
  }
}
