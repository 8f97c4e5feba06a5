// The third line, "Other checks": what Authentication-Results say, of one's own server under seal or else only claimed.
import { summarizeChecks, type Check, type CheckMethod, type CheckOutcome } from "../authres/checks.ts";
import { say, type PhraseKey } from "./phrases.ts";
import { shownOctets } from "./shown.ts";
import type { Evidence, Level, Phrase, Row, Verdict } from "./types.ts";

const labels: Record<CheckMethod, PhraseKey & `row_check_${CheckMethod}`> = {
  dkim: "row_check_dkim",
  spf: "row_check_spf",
  dmarc: "row_check_dmarc",
  arc: "row_check_arc",
};

const outcomes: Record<
  CheckOutcome,
  { plain: PhraseKey & `checks_${CheckOutcome}`; of: PhraseKey & `checks_${CheckOutcome}_for` }
> = {
  pass: { plain: "checks_pass", of: "checks_pass_for" },
  fail: { plain: "checks_fail", of: "checks_fail_for" },
  unsure: { plain: "checks_unsure", of: "checks_unsure_for" },
  error: { plain: "checks_error", of: "checks_error_for" },
  none: { plain: "checks_none", of: "checks_none_for" },
};

function checkRow({ method, outcome, identity }: Check): Row {
  const { plain, of } = outcomes[outcome];
  const value = identity === null ? say(plain) : say(of, { identity: shownOctets(identity) });
  return { label: say(labels[method]), value, style: "text" };
}

/** "DKIM, SPF": the methods with an outcome; "" where none has it. Names of protocols, the same in every language. */
function methodsWith(checks: readonly Check[], outcome: CheckOutcome): string {
  return checks
    .filter((check) => check.outcome === outcome)
    .map(({ method }) => method.toUpperCase())
    .join(", ");
}

/** What failed is told before what passed: a gist must not sound better than its line. */
function gistOf(checks: readonly Check[], sealed: boolean): Phrase {
  if (checks.length === 0) return say("gist_checks_nothing");
  const failed = methodsWith(checks, "fail");
  if (failed !== "") return say(sealed ? "gist_checks_fail" : "gist_checks_claimed_fail", { methods: failed });
  const passed = methodsWith(checks, "pass");
  if (passed !== "") return say(sealed ? "gist_checks_pass" : "gist_checks_claimed_pass", { methods: passed });
  return say(sealed ? "gist_checks_unsure" : "gist_checks_claimed_unsure");
}

/** The whole line. Where the mail does not hold, a check that failed is shown at once. */
export function checksLine(level: Level, { checks: { results, sealed } }: Evidence): Verdict["checks"] {
  const checks = summarizeChecks(results);
  const servers = [...new Set(results.map(({ authservId }) => shownOctets(authservId)))];
  const by = servers.map((server): Row => ({
    label: say("row_checked_by"),
    value: sealed ? say("checks_by", { server }) : say("checks_by_claimed", { server }),
    style: "text",
  }));
  const failed = sealed && checks.some(({ outcome }) => outcome === "fail");
  return {
    gist: gistOf(checks, sealed),
    rows: checks.length === 0 ? [] : [...checks.map(checkRow), ...by],
    open: failed && (level === "broken" || level === "careful"),
  };
}
