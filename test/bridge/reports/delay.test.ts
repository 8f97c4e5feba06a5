// The random wait before something is told: all of the time between the bounds, and both of them.
import { expect, test } from "vitest";
import { randomDelay } from "../../../bridge/reports/delay.ts";

const day = { delayMinSeconds: 3_600, delayMaxSeconds: 86_400 };

test.each([
  { octets: [0, 0, 0, 0], bounds: day, want: 3_600 },
  { octets: [0x80, 0, 0, 0], bounds: day, want: 45_000 },
  { octets: [0xff, 0xff, 0xff, 0xff], bounds: day, want: 86_400 },
  { octets: [0xff, 0xff, 0xff, 0xff], bounds: { delayMinSeconds: 5, delayMaxSeconds: 5 }, want: 5 },
])("$octets of $bounds: $want", ({ octets, bounds, want }) => {
  expect(randomDelay(() => Uint8Array.from(octets), bounds)).toBe(want);
});
