// The scenarios in the order in which they are played.
import { complaint, secondTry } from "./complaint.e2e.ts";
import { forgery } from "./forgery.e2e.ts";
import { leaving } from "./leaving.e2e.ts";
import { oneMail } from "./one-mail.e2e.ts";
import { operator } from "./operator.e2e.ts";
import { outage } from "./outage.e2e.ts";
import { webmail } from "./webmail.e2e.ts";
import type { Scenario } from "./scenario.ts";

/** All of them. */
export const scenarios: readonly Scenario[] = [
  operator,
  oneMail,
  webmail,
  complaint,
  forgery,
  leaving,
  outage,
  secondTry,
];

/** Those whose names have one of these parts, and before each what it needs. */
export function chosenScenarios(parts: readonly string[]): readonly Scenario[] {
  const chosen = new Set<Scenario>();
  const take = (scenario: Scenario): void => {
    if (scenario.after !== undefined) take(scenario.after);
    chosen.add(scenario);
  };
  for (const scenario of scenarios) if (parts.some((part) => scenario.name.includes(part))) take(scenario);
  return [...chosen];
}
