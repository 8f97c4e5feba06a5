// What is fuzzed: one entry a parser or protocol.
import { isDeepStrictEqual } from "node:util";
import type { Arbitrary } from "fast-check";

/** Something that takes octets from outside. */
export interface Target {
  /** Folder or file it stands for, and what: "header/split". */
  readonly name: string;
  /** Good inputs to begin with. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** Further inputs, made by structure. */
  readonly structured?: Arbitrary<Uint8Array>;
  /** Words beside the text literals of the code. */
  readonly words?: readonly string[];
  /** Longest input that is tried; 4,096 by default. */
  readonly maxBytes?: number;
  /** Branches that one octet of input may cost, above the base; 200 by default. Work beyond is a finding. */
  readonly stepsPerByte?: number;
  /** Branches that any input may cost; 3,000 by default. */
  readonly baseSteps?: number;
  /** Throws where the target does what it must never do. */
  readonly run: (input: Uint8Array) => void | Promise<void>;
}

/** Fails the property. */
export function holds(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Error(rule);
}

/** Octets as a byte string. */
export function byteString(input: Uint8Array): string {
  return Buffer.from(input.buffer, input.byteOffset, input.byteLength).toString("latin1");
}

/** A byte string as octets; text beyond U+00FF as UTF-8. */
export function octetsOf(text: string | Uint8Array): Uint8Array {
  if (typeof text !== "string") return text;
  return new Uint8Array(Buffer.from(text, /[^\u0000-\u00ff]/.test(text) ? "utf8" : "latin1"));
}

/** Two values are the same, down to Maps, Sets and typed arrays. */
export function same(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(left, right);
}
