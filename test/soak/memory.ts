// Resident memory of the receiving bridge over its lives, beside the mails that had gone through by then.
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { SoakBridge } from "./bridge.ts";

interface Sample {
  readonly pid: number;
  readonly mails: number;
  readonly megabytes: number;
}

/** One life long enough to speak of a slope. */
export interface Life {
  readonly mails: number;
  readonly highest: number;
  /** Least squares over the life's second half, when caches are full: MB for 10,000 mails. */
  readonly slope: number;
}

const everyMs = 250;

function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [x, y] = [mean(({ mails }) => mails), mean(({ megabytes }) => megabytes)];
  const over = samples.reduce((sum, { mails, megabytes }) => sum + (mails - x) * (megabytes - y), 0);
  const under = samples.reduce((sum, { mails }) => sum + (mails - x) ** 2, 0);
  return under === 0 ? 0 : (over / under) * 10_000;
}

/** Samples until its signal aborts. */
export class Memory {
  readonly #samples: Sample[] = [];

  constructor(bridge: SoakBridge, mails: () => number, signal: AbortSignal) {
    void this.#watch(bridge, mails, signal);
  }

  /** MB, over all lives. */
  get highest(): number {
    return Math.max(0, ...this.#samples.map(({ megabytes }) => megabytes));
  }

  /** Lives in which at least so many mails went through. */
  lives(mails: number): readonly Life[] {
    const lives = [...Map.groupBy(this.#samples, ({ pid }) => pid).values()];
    return lives.flatMap((life) => {
      const through = (life.at(-1)?.mails ?? 0) - (life[0]?.mails ?? 0);
      const half = (life[0]?.mails ?? 0) + through / 2;
      const highest = Math.max(...life.map(({ megabytes }) => megabytes));
      return through < mails ? [] : [{ mails: through, highest, slope: slopeOf(life.filter((s) => s.mails >= half)) }];
    });
  }

  async #watch(bridge: SoakBridge, mails: () => number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { pid } = bridge;
      const kilobytes = pid === null ? null : residentKb(pid);
      if (pid !== null && kilobytes !== null) {
        this.#samples.push({ pid, mails: mails(), megabytes: kilobytes / 1_024 });
      }
      await wait(everyMs);
    }
  }
}

function residentKb(pid: number): number | null {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    // Killed a moment ago.
    return null;
  }
}
