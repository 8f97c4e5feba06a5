// A policy's decision in words, as keys of _locales.
import type { PolicyAction } from "../hop/types.ts";
import type { Phrase } from "../verdict/types.ts";
import type { PolicyDecision } from "./types.ts";

/** What one rule did: the row "Your policy". `rule` as in seals: an id, "default", "undeclared", or "local" (the reader's own). */
export function policyPhrase(rule: string, action: PolicyAction): Phrase {
  if (rule === "default" || rule === "undeclared" || rule === "local") {
    return { key: `value_policy_${rule}_${action}`, values: {} };
  }
  return { key: `value_policy_rule_${action}`, values: { rule } };
}

const unmetKeys: ReadonlyMap<string, string> = new Map([
  ["policy/trust", "value_policy_unmet_trust"],
  ["policy/tls", "value_policy_unmet_tls"],
]);

/** The decision, and a line for each requirement that was not met. */
export function explainDecision(decision: PolicyDecision): readonly Phrase[] {
  const unmet = decision.unmet.flatMap((code) => unmetKeys.get(code) ?? []);
  return [policyPhrase(decision.rule, decision.action), ...unmet.map((key) => ({ key, values: {} }))];
}
