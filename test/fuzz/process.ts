// A process that fuzzes targets, one after the other, and leaves in a file which input it is at: one that never comes back,
// or takes the process with it, is told by run-targets.ts.
import { openSync, writeSync } from "node:fs";
import { fuzz, type Budget, type Round } from "./engine.ts";
import { countBranches } from "./instrument.ts";
import type { Target } from "./target.ts";

/** What the process is told to do. */
export interface Work {
  /** File URL of a module that exports `targets`. */
  readonly module: string;
  readonly names: readonly string[];
  readonly seed: number;
  readonly budget: Budget;
  readonly corpus: Readonly<Record<string, readonly string[]>>;
  /** Holds the number of inputs begun (8 octets), the present one's length (4), and the input. */
  readonly beat: string;
}

/** Octets of a beat before the input. */
export const beatHead = 12;

/** What the process says: a target begun, or done. */
export type Word = { readonly begun: string } | { readonly done: Round };

/** Settles once the word is on its way. */
async function say(word: Word): Promise<void> {
  await new Promise<void>((resolve) => process.send?.(word, undefined, undefined, () => resolve()));
}

async function work({ module, names, seed, budget, corpus, beat }: Work): Promise<void> {
  // Before any code that shall be counted is loaded.
  const counters = countBranches();
  const { targets } = (await import(module)) as { targets: readonly Target[] };
  const file = openSync(beat, "r+");
  const head = Buffer.alloc(beatHead);
  let begun = 0;
  const before = (octets: Uint8Array): void => {
    begun += 1;
    head.writeDoubleBE(begun, 0);
    head.writeUInt32BE(octets.length, 8);
    writeSync(file, Buffer.concat([head, octets]), 0, undefined, 0);
  };
  for (const name of names) {
    const target = targets.find((one) => one.name === name);
    if (target === undefined) throw new Error(`no target ${name}`);
    await say({ begun: name });
    await say({ done: await fuzz(target, { counters, corpus: corpus[name] ?? [], seed, budget, before }) });
  }
  // Servers that targets keep would go on listening.
  process.exit();
}

process.once("message", (given: Work) => void work(given));
