// What a scenario plays on: the running lab, and a way to say what it does step by step.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Steps, pictures and the signal that ends everything. */
export interface Stage {
  readonly signal: AbortSignal;
  /** Does one step, prints its name and how long it took; a failure carries the step's name. */
  step<T>(name: string, work: () => Promise<T> | T): Promise<T>;
  /** Where a picture is kept: with --screenshots in docs/screenshots, else below var/e2e. */
  picture(name: string): string;
  /** Keeps a text below var/e2e, for whoever looks into a failure. */
  keep(name: string, text: string): void;
}

/** A stage that prints. */
export function createStage(signal: AbortSignal, kept: string, pictures: string): Stage {
  for (const folder of [kept, pictures]) mkdirSync(folder, { recursive: true });
  return {
    signal,
    step: async (name, work) => {
      const started = Date.now();
      signal.throwIfAborted();
      try {
        const value = await work();
        console.log(`  ok    ${name} (${Date.now() - started} ms)`);
        return value;
      } catch (error) {
        console.log(`  FAIL  ${name} (${Date.now() - started} ms)`);
        throw error;
      }
    },
    picture: (name) => join(pictures, `${name}.png`),
    keep: (name, text) => writeFileSync(join(kept, name), text, "latin1"),
  };
}
