// A policy as its document (`.pol`). Protocol section 5.
import type { Policy, PolicyRule } from "./types.ts";

/** A member that says "any" is left out. */
function list(name: string, values: readonly string[]): Record<string, readonly string[]> {
  return values.length === 0 ? {} : { [name]: values };
}

function writtenRule(rule: PolicyRule): object {
  const { match, require } = rule;
  return {
    id: rule.id,
    match: { ...list("p", match.purposes), ...list("cls", match.classifications), ...list("from", match.from) },
    require: { ...list("trust", require.trust), ...(require.tls === null ? {} : { tls: require.tls }) },
    action: rule.action,
    else: rule.otherwise,
  };
}

/** The document, members in the order of the protocol's example, equal policies to equal text. */
export function formatPolicy(policy: Policy): string {
  return JSON.stringify({
    v: "IPP1",
    id: policy.id,
    max_age: policy.maxAgeSeconds,
    default: policy.default,
    undeclared: policy.undeclared,
    rules: policy.rules.map(writtenRule),
    crit: [],
    ext: {},
  });
}

/** The part that strangers may read: rules that name senders are personal and stay at home (protocol section 5). */
export function publicPolicy(policy: Policy): Policy {
  return { ...policy, rules: policy.rules.filter((rule) => rule.match.from.length === 0) };
}
