// What the caches promise: a bound, the least recently used first, and no room set aside.
import { expect, test } from "vitest";
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

test("an empty one is small, whatever its bound", () => {
  const before = process.memoryUsage().arrayBuffers;
  const cache = cacheOf<number>(5_000_000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  expect(cache.size).toBe(0);
});
