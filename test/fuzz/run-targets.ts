// Fuzzes targets in a process of their own and watches it: an endless loop, an exception nobody caught, memory without end
// are findings like any other, and the targets after it still have their turn.
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Budget, Finding, Round } from "./engine.ts";
import { beatHead, type Word, type Work } from "./process.ts";
import { byteString } from "./target.ts";

/** What is to be fuzzed. */
export interface Plan {
  /** File URL of the module that exports `targets`. */
  readonly module: URL;
  readonly names: readonly string[];
  readonly seed: number;
  /** For each target. */
  readonly budget: Budget;
  /** Byte strings by target. */
  readonly corpus: Readonly<Record<string, readonly string[]>>;
  /** How long one input may take before it counts as endless, ms. */
  readonly endlessMs: number;
  /** The process' heap, MB; more is a finding. */
  readonly heapMb: number;
  readonly heard?: (round: Round) => void;
}

/** What came of it: a round for each target that came to its end, and all findings. */
export interface Outcome {
  readonly rounds: readonly Round[];
  readonly findings: readonly Finding[];
}

/** Fuzzes all of a plan's targets. */
export async function runTargets(plan: Plan): Promise<Outcome> {
  const rounds: Round[] = [];
  const broken: Finding[] = [];
  let left = plan.names;
  while (left.length > 0) {
    const { done, lost } = await runProcess({ ...plan, names: left });
    rounds.push(...done);
    if (lost === null) break;
    broken.push(lost);
    left = left.slice(left.indexOf(lost.target) + 1);
  }
  return { rounds, findings: [...rounds.flatMap(({ findings }) => findings), ...broken] };
}

interface Ended {
  readonly done: readonly Round[];
  /** What the process was lost with; null where it did all its work. */
  readonly lost: Finding | null;
}

/** One process, until all is done or it is lost in one of its targets. */
async function runProcess(plan: Plan): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "waybill-fuzz-"));
  const beat = join(folder, "beat");
  writeFileSync(beat, Buffer.alloc(beatHead));
  try {
    return await watched(plan, beat);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function watched(plan: Plan, beat: string): Promise<Ended> {
  const { module, names, seed, budget, corpus } = plan;
  const child = fork(join(import.meta.dirname, "process.ts"), {
    execArgv: ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${plan.heapMb}`],
    stdio: ["ignore", "inherit", "pipe", "ipc"],
    serialization: "advanced",
  });
  const done: Round[] = [];
  let target: string | null = null;
  let complaint = "";
  let endless = false;
  child.stderr?.on("data", (text: Buffer) => (complaint = `${complaint}${text.toString()}`.slice(0, 20_000)));
  child.on("message", (word: Word) => {
    target = "begun" in word ? word.begun : null;
    if ("begun" in word) return;
    done.push(word.done);
    plan.heard?.(word.done);
  });
  let last = -1;
  let sinceMs = performance.now();
  const watch = setInterval(() => {
    const now = readFileSync(beat).readDoubleBE(0);
    if (now !== last || target === null) {
      last = now;
      sinceMs = performance.now();
    } else if (performance.now() - sinceMs > plan.endlessMs) {
      endless = true;
      child.kill("SIGKILL");
    }
  }, 250);
  child.send({ module: module.href, names, seed, budget, corpus, beat } satisfies Work);
  await new Promise((resolve) => child.once("close", resolve));
  clearInterval(watch);
  if (done.length === names.length) return { done, lost: null };
  if (target === null) throw new Error(`the fuzzing process ended: ${complaint}`);
  const what = endless ? `no end within ${plan.endlessMs} ms` : reason(complaint);
  const left = readFileSync(beat);
  const input = byteString(left.subarray(beatHead, beatHead + left.readUInt32BE(8)));
  return { done, lost: { target, what, input } };
}

/** What a process' last words say: the error that nobody caught, or V8's about its heap. */
function reason(complaint: string): string {
  const lines = complaint.split("\n");
  const at = lines.findIndex((line) => /^\w*Error\b|^FATAL ERROR/.test(line));
  return at === -1 ? `the process ended: ${complaint}` : lines.slice(at, at + 12).join("\n");
}
