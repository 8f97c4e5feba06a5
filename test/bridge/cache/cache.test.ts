// What the caches promise: a bound, the least recently used first, a lifetime, and no room set aside.
import { expect, test, vi } from "vitest";
import { cacheOf } from "../../../bridge/cache/cache.ts";

test("the least recently used of too many goes", () => {
  const cache = cacheOf<number>(3);
  for (const [index, name] of ["a", "b", "c"].entries()) cache.set(name, index);
  cache.get("a");
  cache.set("d", 3);
  expect([...cache.keys()].toSorted()).toEqual(["a", "c", "d"]);
  cache.set("d", 4);
  expect(cache.size).toBe(3);
  expect(cache.get("d")).toBe(4);
});

test("without a lifetime entries stay, with one they go", () => {
  vi.useFakeTimers();
  try {
    const [staying, going] = [cacheOf<number>(10), cacheOf<number>(10, 1_000)];
    // The clock of a process that has lived a little: lru-cache takes 0 for none.
    vi.advanceTimersByTime(10);
    staying.set("a", 1);
    going.set("a", 1);
    vi.advanceTimersByTime(1_002);
    expect([staying.get("a"), going.get("a")]).toEqual([1, undefined]);
  } finally {
    vi.useRealTimers();
  }
});

test("an empty one is small, whatever its bound", () => {
  const before = process.memoryUsage().arrayBuffers;
  const cache = cacheOf<number>(5_000_000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  expect(cache.size).toBe(0);
});
