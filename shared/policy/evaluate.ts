// The one evaluator of policies: the bridge enforces by it, the sending bridge asks it before sending, the extension
// explains by it. Protocol section 5.
//
// Layers: the reader's policy answers, or the server's default where he has none; the server's floor answers too, and the
// stricter of both holds. A floor that says "accept" to everything therefore binds nobody, and no reader gets below it.
// Within one policy the first matching rule wins. Only declared mail (result pass) is matched against rules; everything
// else is answered by `undeclared` alone, so that breaking or stripping a signature reaches no rule.
import { asciiLower } from "../header/address.ts";
import { policyActions, type PolicyAction } from "../hop/types.ts";
import { tlsVersionAtLeast } from "../tls/versions.ts";
import { formatPolicy } from "./format.ts";
import type { Policy, PolicyDecision, PolicyLayers, PolicyQuestion, PolicyRule } from "./types.ts";

type Declared = NonNullable<PolicyQuestion["declared"]>;

/** Whether "transactional.*" covers "transactional.invoice" (and "transactional"). */
export function purposeMatches(pattern: string, purpose: string): boolean {
  if (pattern === "*") return true;
  if (!pattern.endsWith(".*")) return pattern === purpose;
  const base = pattern.slice(0, -2);
  return purpose === base || purpose.startsWith(`${base}.`);
}

function senderMatches(pattern: string, signer: string): boolean {
  return pattern.startsWith("@") ? signer.endsWith(pattern) : signer === pattern;
}

function ruleMatches({ match }: PolicyRule, declared: Declared): boolean {
  const { purposes, classifications, from } = match;
  if (purposes.length > 0 && !purposes.some((pattern) => purposeMatches(pattern, declared.purpose))) return false;
  if (classifications.length > 0) {
    if (declared.classification === null || !classifications.includes(declared.classification)) return false;
  }
  const signer = asciiLower(declared.signer);
  return from.length === 0 || from.some((pattern) => senderMatches(pattern, signer));
}

function unmetRequirements({ require }: PolicyRule, declared: Declared, tlsVersion: string | null): string[] {
  const trusted = require.trust.length === 0 || require.trust.includes(declared.trust);
  const encrypted = require.tls === null || tlsVersionAtLeast(tlsVersion, require.tls);
  return [...(trusted ? [] : ["policy/trust"]), ...(encrypted ? [] : ["policy/tls"])];
}

/** One policy's answer. */
function evaluateOne(policy: Policy, layer: PolicyDecision["layer"], question: PolicyQuestion): PolicyDecision {
  const { declared, tlsVersion } = question;
  if (declared === null) return { action: policy.undeclared, rule: "undeclared", layer, unmet: [] };
  const rule = policy.rules.find((candidate) => ruleMatches(candidate, declared));
  if (rule === undefined) return { action: policy.default, rule: "default", layer, unmet: [] };
  const unmet = unmetRequirements(rule, declared, tlsVersion);
  return { action: unmet.length === 0 ? rule.action : rule.otherwise, rule: rule.id, layer, unmet };
}

/** Whether `a` is stricter than `b`: accept, tag, quarantine, reject. */
export function isStricter(a: PolicyAction, b: PolicyAction): boolean {
  return policyActions.indexOf(a) > policyActions.indexOf(b);
}

/** What becomes of one mail for one recipient. */
export function evaluatePolicy(layers: PolicyLayers, question: PolicyQuestion): PolicyDecision {
  const own =
    layers.reader === undefined
      ? evaluateOne(layers.default, "default", question)
      : evaluateOne(layers.reader, "reader", question);
  if (layers.floor === undefined) return own;
  const floor = evaluateOne(layers.floor, "floor", question);
  return isStricter(floor.action, own.action) ? floor : own;
}

/** Whether the policy can reject anything at all: then a recipient of another policy needs his own transaction. */
export function mayReject(policy: Policy): boolean {
  const rule = (candidate: PolicyRule): boolean => {
    const conditional = candidate.require.trust.length > 0 || candidate.require.tls !== null;
    return candidate.action === "reject" || (conditional && candidate.otherwise === "reject");
  };
  return policy.default === "reject" || policy.undeclared === "reject" || policy.rules.some(rule);
}

/** Whether both answer every question alike, as written: id and age don't matter, order does. */
export function samePolicy(a: Policy, b: Policy): boolean {
  if (a === b) return true;
  const meaning = (policy: Policy): string => formatPolicy({ ...policy, id: "", maxAgeSeconds: 0 });
  return meaning(a) === meaning(b);
}

/** The policies that answer: the floor, and the reader's own or the default. */
function answering(layers: PolicyLayers): readonly Policy[] {
  const own = layers.reader ?? layers.default;
  return layers.floor === undefined ? [own] : [layers.floor, own];
}

/** Whether any of the policies that apply can reject. */
export function layersMayReject(layers: PolicyLayers): boolean {
  return answering(layers).some(mayReject);
}

/** Whether two recipients' policies answer alike. */
export function sameLayers(a: PolicyLayers, b: PolicyLayers): boolean {
  const [left, right] = [answering(a), answering(b)];
  return left.length === right.length && left.every((policy, index) => samePolicy(policy, right[index] ?? policy));
}
