import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { policyActions } from "../../../shared/hop/types.ts";
import { trustLevels } from "../../../shared/ipp/types.ts";
import { formatPolicy, publicPolicy } from "../../../shared/policy/format.ts";
import { parsePolicy } from "../../../shared/policy/parse.ts";
import type { Policy, PolicyRule } from "../../../shared/policy/types.ts";

/** The protocol's own example (section 5). */
const example = `{"v":"IPP1","id":"2026-11-22a","max_age":86400,"default":"quarantine","undeclared":"accept",
 "rules":[{"id":"bank","match":{"p":["transactional.*"],"cls":["individual"]},"require":{"trust":["pkix","domain"],"tls":"1.2"},"action":"accept","else":"quarantine"}],"crit":[],"ext":{}}`;

const bank: PolicyRule = {
  id: "bank",
  match: { purposes: ["transactional.*"], classifications: ["individual"], from: [] },
  require: { trust: ["pkix", "domain"], tls: "1.2" },
  action: "accept",
  otherwise: "quarantine",
};
const bare: PolicyRule = {
  id: "r",
  match: { purposes: [], classifications: [], from: [] },
  require: { trust: [], tls: null },
  action: "accept",
  otherwise: "quarantine",
};
const base: Policy = { id: "a", maxAgeSeconds: 86_400, default: "quarantine", undeclared: "accept", rules: [] };
const withRule = (rule: string): string => `{"v":"IPP1","id":"a","default":"quarantine","rules":[${rule}]}`;

describe("parsePolicy", () => {
  const rows: { name: string; input: string; want: Policy }[] = [
    {
      name: "the protocol's example",
      input: example,
      want: { ...base, id: "2026-11-22a", rules: [bank] },
    },
    { name: "what may be left out", input: '{"v":"IPP1","id":"a","default":"quarantine"}', want: base },
    { name: "a rule's defaults", input: withRule('{"id":"r","action":"accept"}'), want: { ...base, rules: [bare] } },
    {
      name: "members nobody knows",
      input:
        '{"v":"IPP1","id":"a","default":"quarantine","x":1,"rules":[{"id":"r","action":"accept","note":"y"}],"ext":{"z":[]}}',
      want: { ...base, rules: [bare] },
    },
    {
      name: "critical members that are known",
      input: '{"v":"IPP1","id":"a","default":"quarantine","crit":["rules"]}',
      want: base,
    },
    {
      name: "senders come out as addresses are compared",
      input: withRule('{"id":"r","match":{"from":["Anna@BÜCHER.example","@Example.ORG"]},"action":"accept"}'),
      want: {
        ...base,
        rules: [{ ...bare, match: { ...bare.match, from: ["anna@xn--bcher-kva.example", "@example.org"] } }],
      },
    },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(parsePolicy(input)).toEqual({ ok: true, value: want });
  });

  test.each([
    { name: "a member that is missing", input: '{"v":"IPP1","id":"a"}', want: "default: missing" },
    {
      name: "an action nobody knows",
      input: '{"v":"IPP1","id":"a","default":"acept"}',
      want: 'default: expected ("accept" or "tag" or "quarantine" or "reject"), got "acept"',
    },
    {
      name: "a condition nobody knows",
      input: withRule('{"id":"r","match":{"list":["x"]},"action":"accept"}'),
      want: "rules.0.match.list: there is no such condition",
    },
    {
      name: "a sender that is none",
      input: withRule('{"id":"r","match":{"from":["x"]},"action":"accept"}'),
      want: "rules.0.match.from.0: expected an address or @domain",
    },
  ])("says where and what: $name", ({ input, want }) => {
    expect(parsePolicy(input)).toMatchObject({ ok: false, detail: want });
  });

  const refused: { name: string; input: string; want: string }[] = [
    { name: "no JSON", input: "hello", want: "ijson/syntax" },
    { name: "a member twice", input: example.replace('"crit":[]', '"default":"accept"'), want: "ijson/duplicate" },
    { name: "too long", input: `{"x":"${"y".repeat(70_000)}"}`, want: "ijson/too-long" },
    { name: "too deep", input: `{"ext":${"[".repeat(20)}${"]".repeat(20)}}`, want: "ijson/deep" },
    { name: "an array", input: "[]", want: "policy/shape" },
    { name: "another version", input: example.replace("IPP1", "IPP2"), want: "policy/shape" },
    { name: "no default", input: '{"v":"IPP1","id":"a"}', want: "policy/shape" },
    {
      name: "an action nobody knows",
      input: example.replace('"accept","else"', '"discard","else"'),
      want: "policy/shape",
    },
    {
      name: "a condition nobody knows",
      input: withRule('{"id":"r","match":{"list":["x"]},"action":"accept"}'),
      want: "policy/shape",
    },
    {
      name: "a requirement nobody knows",
      input: withRule('{"id":"r","require":{"dane":true},"action":"accept"}'),
      want: "policy/shape",
    },
    { name: "a trust level nobody knows", input: example.replace('"pkix"', '"very"'), want: "policy/shape" },
    { name: "a TLS version nobody asks for", input: example.replace('"1.2"', '"1.1"'), want: "policy/shape" },
    { name: "a pattern that is none", input: example.replace("transactional.*", "*.invoice"), want: "policy/shape" },
    {
      name: "a sender that is none",
      input: withRule('{"id":"r","match":{"from":["x"]},"action":"accept"}'),
      want: "policy/shape",
    },
    {
      name: "an id that would break out of a seal",
      input: withRule('{"id":"a:reject; x","action":"accept"}'),
      want: "policy/shape",
    },
    {
      name: "an id that seals use themselves",
      input: withRule('{"id":"local","action":"accept"}'),
      want: "policy/shape",
    },
    { name: "an age below 0", input: example.replace("86400", "-1"), want: "policy/shape" },
    { name: "an age that is no number", input: example.replace("86400", '"1"'), want: "policy/shape" },
    {
      name: "a critical extension nobody knows",
      input: example.replace('"crit":[]', '"crit":["dane"]'),
      want: "policy/critical",
    },
    {
      name: "two rules of one id",
      input: withRule('{"id":"r","action":"accept"},{"id":"r","action":"reject"}'),
      want: "policy/rule-twice",
    },
    {
      name: "too many rules",
      input: withRule(Array.from({ length: 201 }, (_, index) => `{"id":"r${index}","action":"accept"}`).join(",")),
      want: "policy/shape",
    },
    {
      name: "too many patterns",
      input: withRule(`{"id":"r","match":{"p":[${'"a",'.repeat(50)}"a"]},"action":"accept"}`),
      want: "policy/shape",
    },
  ];
  test.each(refused)("refuses $name", ({ input, want }) => {
    const parsed = parsePolicy(input);
    expect(parsed.ok ? null : parsed.code).toBe(want);
  });

  test("what format writes is read as it was", () => {
    const action = fc.constantFrom(...policyActions);
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const id = fc.stringMatching(/^[A-Za-z0-9._-]{1,16}$/);
    const rule: fc.Arbitrary<PolicyRule> = fc.record({
      id: id.filter((text) => !["default", "undeclared", "local"].includes(text)),
      match: fc.record({
        purposes: fc.array(word, { maxLength: 3 }),
        classifications: fc.array(word, { maxLength: 2 }),
        from: fc.array(
          word.map((name) => `${name}@example.org`),
          { maxLength: 2 },
        ),
      }),
      require: fc.record({
        trust: fc.uniqueArray(fc.constantFrom(...trustLevels)),
        tls: fc.constantFrom("1.2" as const, "1.3" as const, null),
      }),
      action,
      otherwise: action,
    });
    const policy: fc.Arbitrary<Policy> = fc.record({
      id,
      maxAgeSeconds: fc.nat({ max: 1_000_000 }),
      default: action,
      undeclared: action,
      rules: fc.uniqueArray(rule, { maxLength: 4, selector: (candidate) => candidate.id }),
    });
    fc.assert(
      fc.property(policy, (policy) => {
        expect(parsePolicy(formatPolicy(policy))).toEqual({ ok: true, value: policy });
      }),
    );
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void parsePolicy(JSON.stringify(value))));
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parsePolicy(text)));
  });
});

test("what is published names no senders", () => {
  const personal: PolicyRule = { ...bare, id: "p", match: { ...bare.match, from: ["a@example.org"] } };
  expect(publicPolicy({ ...base, rules: [personal, bank] }).rules).toEqual([bank]);
});
