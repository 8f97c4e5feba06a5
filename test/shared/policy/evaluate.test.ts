import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { policyActions } from "../../../shared/hop/types.ts";
import {
  evaluatePolicy,
  isStricter,
  layersMayReject,
  mayReject,
  purposeMatches,
  sameLayers,
  samePolicy,
} from "../../../shared/policy/evaluate.ts";
import { explainDecision } from "../../../shared/policy/explain.ts";
import type { Policy, PolicyLayers, PolicyQuestion, PolicyRule } from "../../../shared/policy/types.ts";

type Changes = { readonly [Key in keyof PolicyRule]?: Partial<PolicyRule[Key]> };

function rule(
  id: string,
  changes: Partial<Omit<PolicyRule, "match" | "require">> & Pick<Changes, "match" | "require">,
): PolicyRule {
  return {
    id,
    action: changes.action ?? "accept",
    otherwise: changes.otherwise ?? "quarantine",
    match: { purposes: [], classifications: [], from: [], ...changes.match },
    require: { trust: [], tls: null, ...changes.require },
  };
}

function policy(rules: readonly PolicyRule[], changes: Partial<Policy> = {}): Policy {
  return { id: "p", maxAgeSeconds: 0, default: "quarantine", undeclared: "accept", rules, ...changes };
}

const bank = rule("bank", {
  match: { purposes: ["transactional.*"], classifications: ["individual"] },
  require: { trust: ["pkix", "domain"], tls: "1.2" },
});

const invoice: PolicyQuestion = {
  declared: {
    purpose: "transactional.invoice",
    classification: "individual",
    trust: "domain",
    signer: "billing@bank.example",
  },
  tlsVersion: "TLSv1.3",
};
const declared = (changes: Partial<NonNullable<PolicyQuestion["declared"]>>): PolicyQuestion => ({
  ...invoice,
  declared: invoice.declared === null ? null : { ...invoice.declared, ...changes },
});
const nothing: PolicyQuestion = { declared: null, tlsVersion: "TLSv1.3" };

describe("one policy", () => {
  const rows: {
    name: string;
    policy: Policy;
    question: PolicyQuestion;
    want: [action: string, rule: string, ...unmet: string[]];
  }[] = [
    {
      name: "a rule that matches, requirements met",
      policy: policy([bank]),
      question: invoice,
      want: ["accept", "bank"],
    },
    {
      name: "trust too low: else",
      policy: policy([bank]),
      question: declared({ trust: "self" }),
      want: ["quarantine", "bank", "policy/trust"],
    },
    {
      name: "no TLS: else",
      policy: policy([bank]),
      question: { ...invoice, tlsVersion: null },
      want: ["quarantine", "bank", "policy/tls"],
    },
    {
      name: "old TLS: else",
      policy: policy([bank]),
      question: { ...invoice, tlsVersion: "TLSv1.1" },
      want: ["quarantine", "bank", "policy/tls"],
    },
    {
      name: "another purpose: default",
      policy: policy([bank]),
      question: declared({ purpose: "newsletter" }),
      want: ["quarantine", "default"],
    },
    {
      name: "another class: default",
      policy: policy([bank]),
      question: declared({ classification: "bulk" }),
      want: ["quarantine", "default"],
    },
    {
      name: "no class: default",
      policy: policy([bank]),
      question: declared({ classification: null }),
      want: ["quarantine", "default"],
    },
    {
      name: "the first match wins, though its requirement fails",
      policy: policy([rule("strict", { require: { tls: "1.3" }, otherwise: "reject" }), rule("lax", {})]),
      question: { ...invoice, tlsVersion: "TLSv1.2" },
      want: ["reject", "strict", "policy/tls"],
    },
    {
      name: "an address of the signer",
      policy: policy([rule("r", { match: { from: ["billing@bank.example"] } })]),
      question: declared({ signer: "Billing@bank.example" }),
      want: ["accept", "r"],
    },
    {
      name: "a domain of the signer",
      policy: policy([rule("r", { match: { from: ["@bank.example"] } })]),
      question: invoice,
      want: ["accept", "r"],
    },
    {
      name: "a domain is not its ending",
      policy: policy([rule("r", { match: { from: ["@bank.example"] } })]),
      question: declared({ signer: "x@evilbank.example" }),
      want: ["quarantine", "default"],
    },
    {
      name: "undeclared mail is answered by `undeclared` alone",
      policy: policy([rule("all", {})], { undeclared: "tag" }),
      question: nothing,
      want: ["tag", "undeclared"],
    },
    {
      name: "nothing published keeps undeclared mail possible",
      policy: policy([bank]),
      question: nothing,
      want: ["accept", "undeclared"],
    },
  ];
  test.each(rows)("$name", ({ policy, question, want }) => {
    const decision = evaluatePolicy({ default: policy }, question);
    expect([decision.action, decision.rule, ...decision.unmet]).toEqual(want);
    expect(decision.layer).toBe("default");
  });
});

describe("layers", () => {
  const accepting = policy([], { default: "accept" });
  const rejecting = policy([], { default: "reject" });
  const tagging = policy([], { default: "tag" });
  const rows: { name: string; layers: PolicyLayers; want: [action: string, layer: string] }[] = [
    { name: "no reader's: the default", layers: { default: tagging }, want: ["tag", "default"] },
    {
      name: "the reader's instead of the default",
      layers: { reader: accepting, default: rejecting },
      want: ["accept", "reader"],
    },
    {
      name: "a reader can't get below the floor",
      layers: { floor: tagging, reader: accepting, default: accepting },
      want: ["tag", "floor"],
    },
    {
      name: "a reader may be stricter than the floor",
      layers: { floor: tagging, reader: rejecting, default: accepting },
      want: ["reject", "reader"],
    },
    {
      name: "a floor that accepts binds nobody",
      layers: { floor: accepting, reader: tagging, default: accepting },
      want: ["tag", "reader"],
    },
    {
      name: "the floor binds the default too",
      layers: { floor: rejecting, default: accepting },
      want: ["reject", "floor"],
    },
  ];
  test.each(rows)("$name", ({ layers, want }) => {
    const decision = evaluatePolicy(layers, invoice);
    expect([decision.action, decision.layer]).toEqual(want);
  });

  test("whatever the reader says, the answer is never laxer than the floor's", () => {
    const action = fc.constantFrom(...policyActions);
    const anyPolicy = fc.record({ default: action, undeclared: action }).map((changes) => policy([bank], changes));
    fc.assert(
      fc.property(anyPolicy, anyPolicy, fc.constantFrom(invoice, nothing), (floor, reader, question) => {
        const alone = evaluatePolicy({ default: floor }, question);
        const together = evaluatePolicy({ floor, reader, default: reader }, question);
        expect(isStricter(alone.action, together.action)).toBe(false);
      }),
    );
  });
});

test.each([
  { pattern: "transactional.*", purpose: "transactional.invoice", want: true },
  { pattern: "transactional.*", purpose: "transactional", want: true },
  { pattern: "transactional.*", purpose: "transactionals.x", want: false },
  { pattern: "transactional", purpose: "transactional.invoice", want: false },
  { pattern: "transactional.invoice", purpose: "transactional.invoice", want: true },
  { pattern: "*", purpose: "anything.at-all", want: true },
])("$pattern on $purpose: $want", ({ pattern, purpose, want }) => {
  expect(purposeMatches(pattern, purpose)).toBe(want);
});

describe("mayReject", () => {
  const rows: { name: string; input: Policy; want: boolean }[] = [
    { name: "by default", input: policy([], { default: "reject" }), want: true },
    { name: "what is undeclared", input: policy([], { undeclared: "reject" }), want: true },
    { name: "by a rule", input: policy([rule("r", { action: "reject" })]), want: true },
    {
      name: "by a rule's else",
      input: policy([rule("r", { require: { tls: "1.3" }, otherwise: "reject" })]),
      want: true,
    },
    { name: "not by an else that is never reached", input: policy([rule("r", { otherwise: "reject" })]), want: false },
    { name: "not at all", input: policy([bank]), want: false },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(mayReject(input)).toBe(want);
    expect(layersMayReject({ default: input })).toBe(want);
    expect(layersMayReject({ floor: input, default: policy([]) })).toBe(want);
    expect(layersMayReject({ reader: policy([]), default: input })).toBe(false);
  });
});

test("policies are the same by what they answer, not by name or age", () => {
  const a = policy([bank], { id: "a", maxAgeSeconds: 1 });
  const b = policy([{ ...bank }], { id: "b", maxAgeSeconds: 2 });
  expect(samePolicy(a, b)).toBe(true);
  expect(samePolicy(a, policy([bank], { default: "reject" }))).toBe(false);
  expect(samePolicy(policy([bank, rule("x", {})]), policy([rule("x", {}), bank]))).toBe(false);
  expect(sameLayers({ default: a }, { reader: b, default: policy([]) })).toBe(true);
  expect(sameLayers({ floor: a, default: a }, { default: a })).toBe(false);
});

test("a decision has words", () => {
  const decision = evaluatePolicy({ default: policy([bank]) }, declared({ trust: "self" }));
  expect(explainDecision(decision)).toEqual([
    { key: "value_policy_rule_quarantine", values: { rule: "bank" } },
    { key: "value_policy_unmet_trust", values: {} },
  ]);
  expect(explainDecision(evaluatePolicy({ default: policy([]) }, nothing))).toEqual([
    { key: "value_policy_undeclared_accept", values: {} },
  ]);
});
