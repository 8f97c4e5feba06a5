// What the policy service answers, rule by rule: the first that has something to say is heard, otherwise DUNNO. Rules of
// transport (TLS wanted by a recipient, a server's certificate, greylisting by trust) have their place here.
import type { PolicyRequest } from "./request.ts";

/** An access(5) action: "DUNNO", "450 4.7.10 …", "PREPEND Name: value". One line of ASCII. */
export type PolicyAction = string;

/** One rule; null: it has nothing to say. */
export type PolicyRule = (request: PolicyRequest) => Promise<PolicyAction | null> | PolicyAction | null;

/** The first answer; what no rule answers is left to Postfix' next restriction. */
export async function decide(rules: readonly PolicyRule[], request: PolicyRequest): Promise<PolicyAction> {
  for (const rule of rules) {
    const action = await rule(request);
    if (action !== null) return action;
  }
  return "DUNNO";
}

/** An answer on the wire: nothing in it may end the line early. */
export function formatAction(action: PolicyAction): string {
  return `action=${action.replaceAll(/[^\x20-\x7e]/g, "?")}\n\n`;
}
