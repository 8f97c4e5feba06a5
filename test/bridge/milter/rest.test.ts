// When the milter rests between two looks at its sockets: only where it has been seen to be little used, and is not alone.
import { beforeEach, describe, expect, test } from "vitest";
import { type Loop, Rest, threadLoop } from "../../../bridge/milter/rest.ts";

let nowMs = 0;
let usedMs = 0;
let slept: number[] = [];
let after: (() => void)[] = [];
let rest: Rest;

const loop: Loop = {
  nowMs: () => nowMs,
  usedMs: () => usedMs,
  afterTurn: (job) => void after.push(job),
  sleep: (ms) => void slept.push(ms),
};

beforeEach(() => {
  [nowMs, usedMs, slept, after] = [10_000, 0, [], []];
  rest = new Rest(loop);
});

/** Something is heard every millisecond for so long, by a loop that is busy for this share of the time; how often it rested. */
function hear(ms: number, used: number, connections = 20): number {
  const before = slept.length;
  for (let i = 0; i < ms; i += 1) {
    rest.heard(connections);
    rest.heard(connections);
    for (const job of after.splice(0)) job();
    nowMs += 1;
    usedMs += used;
  }
  return slept.length - before;
}

describe("rests", () => {
  test("once a turn, after two looks, and looks again every two seconds", () => {
    expect(hear(100, 0.3)).toBe(0);
    expect(hear(2_000, 0.3)).toBe(2_000);
    expect(hear(100, 0.3)).toBe(0);
    expect(hear(2_000, 0.3)).toBe(2_000);
    expect(Math.max(...slept)).toBeCloseTo(0.6, 6);
  });

  test("never where the loop is busy, and no longer once it is", () => {
    expect(hear(3_000, 0.8)).toBe(0);
    expect(hear(4_200, 0.3)).toBeGreaterThan(2_000);
    hear(2_100, 0.8);
    expect(hear(4_000, 0.8)).toBe(0);
  });

  test("not by one look that saw something begin or end", () => {
    hear(25, 0);
    expect(hear(3_000, 0.8)).toBe(0);
  });

  test("not for less than four connections", () => {
    expect(hear(3_000, 0.1, 3)).toBe(0);
  });

  test("not by what was seen before a pause", () => {
    hear(90, 0.3);
    nowMs += 5_000;
    expect(hear(3_000, 0.9)).toBe(0);
  });

  test("only for what is left since the first piece was heard", () => {
    hear(100, 0.3);
    rest.heard(20);
    nowMs += 0.25;
    for (const job of after.splice(0)) job();
    rest.heard(20);
    nowMs += 3;
    for (const job of after.splice(0)) job();
    expect(slept).toEqual([expect.closeTo(0.35, 6)]);
  });
});

test("of this thread: its time, its CPU time, and what it stands still for", async () => {
  const thread = threadLoop();
  const [began, used] = [thread.nowMs(), thread.usedMs()];
  thread.sleep(20);
  expect(thread.nowMs() - began).toBeGreaterThanOrEqual(19);
  expect(thread.usedMs() - used).toBeLessThan(19);
  while (thread.usedMs() === used) Math.random();
  await new Promise<void>((resolve) => thread.afterTurn(resolve));
});
