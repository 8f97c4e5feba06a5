// `waybill policy …`: reads a policy as the bridge would, and says what it does with a mail.
import { policyActions } from "../../shared/hop/types.ts";
import { parsePurpose } from "../../shared/ipp/registry.ts";
import { trustLevels } from "../../shared/ipp/types.ts";
import { evaluatePolicy, mayReject } from "../../shared/policy/evaluate.ts";
import { parsePolicy } from "../../shared/policy/parse.ts";
import type { Policy, PolicyQuestion, PolicyRule } from "../../shared/policy/types.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import { misused, onePositional, type Call, type Command, type ExitCode } from "./command.ts";
import { readText } from "./setup.ts";

function policyOf(call: Call): Result<Policy> {
  const path = onePositional(call, "FILE");
  if (!path.ok) return path;
  const text = readText(path.value, "policy");
  if (!text.ok) return text;
  const policy = parsePolicy(text.value);
  return policy.ok ? policy : perm(policy.code, `${path.value}: ${policy.detail}`);
}

function ruleLine(rule: PolicyRule): string {
  const { purposes, classifications, from } = rule.match;
  const list = (words: readonly string[], any: string): string => (words.length === 0 ? any : words.join(" or "));
  const who = from.length === 0 ? "" : `, from ${list(from, "")}`;
  const cls = classifications.length === 0 ? "" : `, to ${list(classifications, "")}`;
  const { trust, tls } = rule.require;
  const needs = [
    ...(trust.length === 0 ? [] : [`trust ${list(trust, "")}`]),
    ...(tls === null ? [] : [`TLS ${tls} or newer`]),
  ];
  const but = needs.length === 0 ? "" : ` if ${needs.join(" and ")}, else ${rule.otherwise}`;
  return `  ${rule.id}: ${list(purposes, "any purpose")}${cls}${who}: ${rule.action}${but}`;
}

function inWords(policy: Policy): string {
  const rules = policy.rules.map((rule) => `${ruleLine(rule)}\n`).join("");
  return `Policy "${policy.id}"
${rules === "" ? "  no rules\n" : rules}  everything else that is declared: ${policy.default}
  what declares nothing, or whose declaration does not hold: ${policy.undeclared}
  ${mayReject(policy) ? "It may reject: a recipient with another policy gets a transaction of his own (452 4.5.3)." : "It never rejects."}
`;
}

async function runCheck(call: Call): Promise<Result<ExitCode>> {
  const policy = policyOf(call);
  if (!policy.ok) return policy;
  call.terminal.out(inWords(policy.value));
  if (policy.value.undeclared === "reject") {
    call.terminal.say("Careful: it rejects all mail that declares nothing, which is most mail for years to come.\n");
  }
  return ok(0);
}

function oneOf<const Words extends readonly string[]>(call: Call, option: string, words: Words, absent: Words[number]) {
  const given = call.value(option) ?? absent;
  const word: Words[number] | undefined = words.find((one) => one === given);
  return word === undefined ? misused(`--${option}: expected ${words.join(", ")}, got "${given}"`) : ok(word);
}

function questionOf(call: Call): Result<PolicyQuestion> {
  const trust = oneOf(call, "trust", trustLevels, "site");
  const tls = oneOf(call, "tls", ["none", "1.0", "1.1", "1.2", "1.3"], "1.3");
  const purpose = call.value("purpose");
  if (!trust.ok) return trust;
  if (!tls.ok) return tls;
  const tlsVersion = tls.value === "none" ? null : `TLSv${tls.value}`;
  if (purpose === undefined) return ok({ declared: null, tlsVersion });
  const parsed = parsePurpose(purpose);
  if (!parsed.ok) return misused(`--purpose: ${parsed.detail}`);
  const signer = call.value("from") ?? "";
  const classification = call.value("cls") ?? null;
  return ok({ declared: { purpose, classification, trust: trust.value, signer }, tlsVersion });
}

async function runExplain(call: Call): Promise<Result<ExitCode>> {
  const policy = policyOf(call);
  const question = questionOf(call);
  if (!policy.ok) return policy;
  if (!question.ok) return question;
  const decision = evaluatePolicy({ default: policy.value }, question.value);
  const { declared } = question.value;
  const mail = declared === null ? "A mail that declares nothing" : `A mail declared ${declared.purpose}`;
  const rule =
    decision.rule === "default" || decision.rule === "undeclared" ? decision.rule : `rule "${decision.rule}"`;
  const unmet = decision.unmet.length === 0 ? "" : `; not met: ${decision.unmet.join(", ")}`;
  call.terminal.out(`${mail}: ${decision.action} (${rule}${unmet})\n`);
  return ok(0);
}

/** Commands about policies. */
export const policyCommands: readonly Command[] = [
  {
    name: "policy check",
    parameters: "FILE",
    summary: "Read a policy and say in words what it does",
    options: {},
    run: runCheck,
  },
  {
    name: "policy explain",
    parameters: "FILE",
    summary: "Say what a policy does with one mail",
    details: `Actions: ${policyActions.join(", ")}. Without --purpose the mail declares nothing.`,
    options: {
      purpose: { value: "PURPOSE", help: 'declared purpose, "transactional.invoice"' },
      cls: { value: "CLASS", help: "declared class, individual or bulk" },
      from: { value: "ADDRESS", help: "signer" },
      trust: { value: "LEVEL", help: `${trustLevels.join(", ")} (default site)` },
      tls: { value: "VERSION", help: "of the hop: none, 1.2, 1.3 (default 1.3)" },
    },
    run: runExplain,
  },
];
