// A short round: what was found before, what is kept, and some hundred new inputs a target, the same in every run. Longer:
// npm run fuzz -- --minutes N.
import { expect, test } from "vitest";
import { startingPoints } from "./corpus.ts";
import { oldFindings } from "./findings.ts";
import { runTargets } from "./run-targets.ts";
import { targets } from "./targets.ts";

const names = targets.map(({ name }) => name);

test("each target has a name of its own, each old finding a target", () => {
  expect(new Set(names).size).toBe(names.length);
  expect(oldFindings.filter(({ target }) => !names.includes(target))).toEqual([]);
});

test("what takes octets from outside does what it must, whatever the octets", async () => {
  const { rounds, findings } = await runTargets({
    module: new URL("targets.ts", import.meta.url),
    names,
    seed: 1,
    budget: { ms: Infinity, executions: 400, findings: 5 },
    corpus: Object.fromEntries(names.map((name) => [name, startingPoints(name)])),
    endlessMs: 30_000,
    heapMb: 768,
  });
  expect(findings).toEqual([]);
  expect(rounds.map(({ target }) => target)).toEqual(names);
  for (const { target, taken } of rounds) expect(taken, target).toBeGreaterThan(0);
}, 300_000);
