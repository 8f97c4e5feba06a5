// A policy document (`.pol`), untrusted JSON to typed. Protocol section 5; I-JSON: RFC 7493.
//
// Members that are not known are ignored, with two exceptions: what `crit` names must be understood, and a condition
// (`match`, `require`) that is not known refuses the document, as ignoring it would let a rule match more than it says.
import * as v from "valibot";
import { asciiDomain, asciiLower } from "../header/address.ts";
import { policyActions } from "../hop/types.ts";
import { parseIJson } from "../ijson/parse.ts";
import { trustLevels } from "../ipp/types.ts";
import { limits } from "../limits.ts";
import { ok, perm, type Result } from "../result.ts";
import type { Policy, PolicyRule } from "./types.ts";

/** document, rules, rule, match, list. */
const maxDepth = 8;
/** Seconds: what a document says nothing about (protocol section 1 keeps answers for a day at most). */
const defaultMaxAge = 86_400;
const longestMaxAge = 31_536_000;

const reservedIds: readonly string[] = ["default", "undeclared", "local"];
const known: readonly string[] = ["v", "id", "max_age", "default", "undeclared", "rules", "crit", "ext"];

const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,64}$/));
const ruleId = v.pipe(
  id,
  v.check((text) => !reservedIds.includes(text), "an id that is not reserved"),
);
const action = v.picklist(policyActions);
const list = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.maxLength(limits.policyPatterns));
/** "*", "transactional", "transactional.*", "transactional.invoice". */
const purposePattern = v.pipe(
  v.string(),
  v.maxLength(64),
  v.regex(/^(?:\*|[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*(?:\.\*)?)$/),
);
const word = v.pipe(v.string(), v.maxLength(64), v.regex(/^[a-z][a-z0-9-]*$/));

/** "alice@example.org" or "@example.org", brought to the form that signers' addresses have; null when it is neither. */
function normalizeSender(text: string): string | null {
  const at = text.lastIndexOf("@");
  const domain = at === -1 || text.length > 320 ? null : asciiDomain(text.slice(at + 1));
  return domain === null ? null : `${asciiLower(text.slice(0, at))}@${domain}`;
}

const sender = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const normal = normalizeSender(dataset.value);
    if (normal !== null) return normal;
    addIssue({ message: "an address or @domain" });
    return NEVER;
  }),
);

const rule = v.object({
  id: ruleId,
  match: v.optional(
    v.strictObject({
      p: v.optional(list(purposePattern), []),
      cls: v.optional(list(word), []),
      from: v.optional(list(sender), []),
    }),
    {},
  ),
  require: v.optional(
    v.strictObject({
      trust: v.optional(list(v.picklist(trustLevels)), []),
      tls: v.optional(v.picklist(["1.2", "1.3"]), undefined),
    }),
    {},
  ),
  action,
  else: v.optional(action, "quarantine"),
});

const document = v.object({
  v: v.literal("IPP1"),
  id,
  max_age: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(longestMaxAge)), defaultMaxAge),
  default: action,
  undeclared: v.optional(action, "accept"),
  rules: v.optional(v.pipe(v.array(rule), v.maxLength(limits.policyRules)), []),
  crit: v.optional(list(v.string()), []),
  ext: v.optional(v.record(v.string(), v.unknown()), {}),
});

function typedRule(written: v.InferOutput<typeof rule>): PolicyRule {
  const { match, require } = written;
  return {
    id: written.id,
    match: { purposes: match.p, classifications: match.cls, from: match.from },
    require: { trust: require.trust, tls: require.tls ?? null },
    action: written.action,
    otherwise: written.else,
  };
}

/** What is wrong with a member, for who wrote it. */
function words(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "strict_object" && issue.expected === "never") return "there is no such condition";
  if (issue.received === "undefined") return "missing";
  if (!issue.message.startsWith("Invalid")) return `expected ${issue.message}`;
  return `expected ${(issue.expected ?? "another form").replaceAll(" | ", " or ")}, got ${issue.received}`;
}

/** Parses a document. Fails with `ijson/…`, `policy/shape`, `policy/critical`, `policy/rule-twice`; the detail says where. */
export function parsePolicy(text: string): Result<Policy> {
  const json = parseIJson(text, { maxChars: limits.policyBytes, maxDepth });
  if (!json.ok) return json;
  const read = v.safeParse(document, json.value, { abortEarly: true });
  if (!read.success) {
    const [issue] = read.issues;
    return perm("policy/shape", `${v.getDotPath(issue) ?? "the document"}: ${words(issue)}`);
  }
  const written = read.output;
  const unknown = written.crit.find((name) => !known.includes(name));
  if (unknown !== undefined) return perm("policy/critical", `"${unknown}" is marked critical and not known here`);
  const rules = written.rules.map(typedRule);
  const ids = new Set(rules.map(({ id }) => id));
  if (ids.size !== rules.length) return perm("policy/rule-twice", "two rules have the same id");
  const { max_age: maxAgeSeconds, undeclared } = written;
  return ok({ id: written.id, maxAgeSeconds, default: written.default, undeclared, rules });
}
