// The fuzzer itself: it finds planted mistakes of each kind, and what it finds can be had again.
import { describe, expect, test } from "vitest";
import { runTargets, type Outcome } from "./run-targets.ts";

async function round(names: readonly string[]): Promise<Outcome> {
  return await runTargets({
    module: new URL("planted/targets.ts", import.meta.url),
    names,
    seed: 1,
    budget: { ms: 60_000, executions: 200_000, findings: 1 },
    corpus: {},
    endlessMs: 5_000,
    heapMb: 128,
  });
}

describe("the fuzzer", () => {
  test("finds an exception, an endless loop, too much work, memory without end, a lost promise; and nothing where nothing is", async () => {
    const { rounds, findings } = await round(["throwing", "endless", "quadratic", "trusting", "careless", "sound"]);
    expect(Object.fromEntries(findings.map(({ target, what }) => [target, what.split("\n")[0]]))).toEqual({
      careless: "Error: planted and not awaited",
      endless: "no end within 5000 ms",
      quadratic: expect.stringMatching(/^[0-9]+ steps for [0-9]+ octets$/),
      throwing: "RangeError: planted",
      trusting: expect.stringMatching(/memory|heap/),
    });
    expect(findings).toHaveLength(5);
    expect(findings.find(({ target }) => target === "throwing")?.input).toMatch(/^Wb\|/);
    expect(findings.find(({ target }) => target === "endless")?.input).toContain("]]");
    expect(rounds.find(({ target }) => target === "sound")?.executions).toBe(200_000);
  }, 120_000);

  test("notices in its short round when a mail's last piece, or one behind the first, is not told", async () => {
    const { rounds, findings } = await runTargets({
      module: new URL("planted/milter.ts", import.meta.url),
      names: ["last-piece", "second-piece", "sound"],
      seed: 1,
      budget: { ms: Infinity, executions: 400, findings: 1 },
      corpus: {},
      endlessMs: 30_000,
      heapMb: 768,
    });
    const found = findings.map(({ target, what }) => `${target}: ${what.split(": [")[0] ?? ""}`);
    expect([...new Set(found)]).toEqual([
      "last-piece: Error: told what was sent",
      "second-piece: Error: told what was sent",
    ]);
    expect(rounds.find(({ target }) => target === "sound")?.executions).toBeGreaterThanOrEqual(400);
  }, 120_000);

  test("does the same for the same seed", async () => {
    const [one, two] = [await round(["throwing"]), await round(["throwing"])];
    expect(one).toEqual(two);
    expect(one.findings).toHaveLength(1);
  }, 120_000);
});
