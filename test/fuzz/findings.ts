// What the fuzzer has found, one case each: replayed before anything new is tried.

/** An input that once did what must never be. */
export interface OldFinding {
  readonly target: string;
  /** What was wrong. */
  readonly name: string;
  /** Byte string. */
  readonly input: string;
}

export const oldFindings: readonly OldFinding[] = [
  {
    target: "header/address",
    name: "a bracket inside a domain literal: the address did not read as itself",
    input: "}a@[[\\\\];a@[1a@,[19]",
  },
  {
    target: "header/address",
    name: "a domain literal longer than any address",
    input: `a@[${"1.2".repeat(500)}]`,
  },
  {
    target: "dns/answer",
    name: "54,330 records counted in 65 octets, and all of them made",
    input:
      "\u0000\u0001\u0080 \u0000\u0001\u00d4:\u0000\u0000\u0000\u0000\u0004_ipp\u0007example\u0003org\u0000\u0000\u0010\u0000\u0001\u0004_ipp\u0007example\u0003org\u0000\u0000\u0010v=;\u0006 \u0000\u0002\u0000\u0000\u0000\u0000",
  },
];
