// How a verification ends before its end: with a result and why. Protocol section 3.5.
import type { Failure } from "../result.ts";

/** A step that ended the verification: the result it gives, and why. */
export interface Stop {
  readonly result: "broken" | "expired" | "temperror" | "permerror" | "none";
  readonly code: string;
  readonly detail: string;
}

/** A step that ends it. */
export function stop(result: Stop["result"], code: string, detail: string): Stop {
  return { result, code, detail };
}

/** Somebody else's failure, as what it means for the mail. */
export function stopped(failure: Failure): Stop {
  return stop(failure.kind === "temp" ? "temperror" : "permerror", failure.code, failure.detail);
}
