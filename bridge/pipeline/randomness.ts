// Random octets a few at a time: asking the system for each costs 2 to 9 µs, cutting them off a larger piece next to nothing.
import { randomFillSync } from "node:crypto";
import type { Randomness } from "./ports.ts";

const pieceBytes = 4_096;

/** Octets of the operating system's quality, never handed out twice. */
export function createRandomness(): Randomness {
  let piece = new Uint8Array(0);
  let used = 0;
  return (bytes) => {
    if (bytes > pieceBytes) return randomFillSync(new Uint8Array(bytes));
    if (used + bytes > piece.length) {
      piece = randomFillSync(new Uint8Array(pieceBytes));
      used = 0;
    }
    used += bytes;
    return piece.slice(used - bytes, used);
  };
}
