// Evidence in, what a person is told out: the product's judgement, in one place. Protocol section 7.
// The level comes from judgements.ts, the words from sentence.ts, the three lines from says.ts, way.ts and checks.ts. Every value
// of the mail stands in a placeholder, made fit to be shown (shown.ts).
import { checksLine } from "./checks.ts";
import { saysLine } from "./says.ts";
import { adviceOf, sentenceOf } from "./sentence.ts";
import { caseOf, decide, judgingHop } from "./judgements.ts";
import type { Evidence, Verdict } from "./types.ts";
import { wayLine } from "./way.ts";

function complaintOf({ declaration, hops, unsubscribe }: Evidence): Verdict["complaint"] {
  const signal = judgingHop(hops)?.signal ?? null;
  const bound = declaration?.boundRecipients ?? 0;
  // Own bridge to sender: only for mail that was `pass` (protocol section 6), and only by the seal that has its handle.
  const told = signal?.declaration === "pass" && signal.ref !== null && declaration?.result === "pass";
  return {
    reach: told ? "sender" : "provider",
    namesReader: bound <= 1,
    boundRecipients: bound,
    ref: signal?.ref ?? null,
    unsubscribe,
  };
}

/** The verdict about one mail. */
export function judge(evidence: Evidence): Verdict {
  const { declaration, claimed, hops } = evidence;
  const { level, reason } = decide(caseOf(evidence));
  return {
    level,
    reason,
    sentence: sentenceOf(reason, evidence),
    declared: (declaration?.declaration ?? claimed)?.purpose ?? null,
    signer: declaration?.signer?.domain ?? null,
    advice: adviceOf(reason, evidence),
    says: saysLine(level, reason, evidence),
    way: wayLine(reason, evidence),
    checks: checksLine(level, evidence),
    complaint: complaintOf(evidence),
    hop: hops.verified[0]?.signal ?? null,
  };
}
