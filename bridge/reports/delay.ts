// The random wait before something is told, so that no sender learns who read when, or what happened when (protocol
// section 6).
import type { Randomness } from "../pipeline/ports.ts";

/** Bounds of the wait, s. */
export interface DelayBounds {
  readonly delayMinSeconds: number;
  readonly delayMaxSeconds: number;
}

/** A wait within the bounds, both included, s. */
export function randomDelay(random: Randomness, { delayMinSeconds, delayMaxSeconds }: DelayBounds): number {
  const [a = 0, b = 0, c = 0, d = 0] = random(4);
  const fraction = (a * 0x100_0000 + b * 0x1_0000 + c * 0x100 + d) / 0x1_0000_0000;
  return delayMinSeconds + Math.floor(fraction * (Math.max(0, delayMaxSeconds - delayMinSeconds) + 1));
}
