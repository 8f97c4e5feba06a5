// How often one client may ask: a burst, then so many an hour, each limit for itself.
import { expect, test } from "vitest";
import { rateLimit, rates } from "../../../bridge/api/rate-limit.ts";
import { testClock } from "./side.ts";

const { burst, perHour } = rates.pairingAddress;

function spent(): { take: (key?: string) => number; clock: ReturnType<typeof testClock> } {
  const clock = testClock();
  const limit = rateLimit(clock);
  const take = (key = "a"): number => limit.take("pairingAddress", key);
  for (let i = 0; i < burst; i += 1) expect(take()).toBe(0);
  return { take, clock };
}

test("after the burst it says how long to wait, and then lets one through", () => {
  const { take, clock } = spent();
  const seconds = take();
  expect(seconds).toBe(3_600 / perHour);
  expect(take("b")).toBe(0);
  clock.time += seconds;
  expect(take()).toBe(0);
  expect(take()).toBe(seconds);
});

test("a clock that is set back takes nothing away", () => {
  const { take, clock } = spent();
  const seconds = take();
  clock.time -= 86_400;
  expect(take()).toBe(seconds);
  clock.time += seconds;
  expect(take()).toBe(0);
});
