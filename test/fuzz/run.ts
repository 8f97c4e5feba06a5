// npm run fuzz: feeds every parser and protocol that takes octets from outside with what nobody should send.
//   npm run fuzz -- [--minutes N] [--only PART-OF-A-NAME] [--seed N] [--keep]
// --minutes: in all, shared by the targets (10). --keep: writes what takes new branches to test/fuzz/corpus.
// Findings are printed, and left in var/fuzz; each becomes a case in findings.ts with its fix.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startingPoints, writeCorpus } from "./corpus.ts";
import type { Round } from "./engine.ts";
import { runTargets } from "./run-targets.ts";
import { targets } from "./targets.ts";

const found = join(import.meta.dirname, "..", "..", "var", "fuzz");

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    only: { type: "string", default: "" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    keep: { type: "boolean", default: false },
  },
});

function tell({ target, executions, taken, branches, corpus, steepest, findings }: Round): void {
  const share = branches === 0 ? 0 : Math.round((100 * taken) / branches);
  const figures = [
    `${executions} inputs`,
    `${taken} of ${branches} branches (${share} %)`,
    `${corpus.length} kept`,
    `at most ${steepest.toFixed(1)} steps an octet`,
    `${findings.length} findings`,
  ];
  console.log(`${target.padEnd(24)} ${figures.join(", ")}`);
  if (values.keep) writeCorpus(target, corpus);
}

const names = targets.map(({ name }) => name).filter((name) => name.includes(values.only));
const seed = Number(values.seed);
const ms = (Number(values.minutes) * 60_000) / names.length;
console.log(`${names.length} targets, ${(ms / 1_000).toFixed(1)} s each, seed ${seed}`);
const outcome = await runTargets({
  module: new URL("targets.ts", import.meta.url),
  names,
  seed,
  budget: { ms, executions: Infinity, findings: 5 },
  corpus: Object.fromEntries(names.map((name) => [name, startingPoints(name)])),
  endlessMs: 30_000,
  heapMb: 768,
  heard: tell,
});
for (const { target, what, input } of outcome.findings) {
  console.log(`\n${target}: ${what}\n${JSON.stringify(input.slice(0, 2_000))}`);
}
if (outcome.findings.length > 0) {
  mkdirSync(found, { recursive: true });
  writeFileSync(join(found, `findings-${seed}.json`), JSON.stringify(outcome.findings, null, 2));
}
const executions = outcome.rounds.reduce((sum, round) => sum + round.executions, 0);
console.log(`\n${executions} inputs, ${outcome.findings.length} findings`);
// The targets' servers, which this process has only for their names, would go on listening.
process.exit(outcome.findings.length === 0 ? 0 : 1);
