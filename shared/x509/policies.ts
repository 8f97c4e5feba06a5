// Certificate policies along a path, as far as they can end it: with no policy asked for (any will do), only
// requireExplicitPolicy can, when no policy is left that every certificate asserts. RFC 5280 sections 6.1.2 to 6.1.5; the
// valid policy tree is kept as one set per level, which is all that "is it empty" needs and can't grow (RFC 9618).
import type { Certificate } from "./certificate.ts";

const anyPolicy = "2.5.29.32.0";

interface PolicyState {
  /** Policies the next certificate may assert; null: the tree is empty. */
  readonly expected: ReadonlySet<string> | null;
  readonly explicitPolicy: number;
  readonly policyMapping: number;
  readonly inhibitAny: number;
}

/** Why policies end the path, or null. `path`: leaf first, without the trust anchor. */
export function checkPolicies(path: readonly Certificate[]): string | null {
  const count = path.length;
  let state: PolicyState = {
    expected: new Set([anyPolicy]),
    explicitPolicy: count + 1,
    policyMapping: count + 1,
    inhibitAny: count + 1,
  };
  for (const [index, certificate] of path.toReversed().entries()) {
    const last = index === count - 1;
    const expected = assertedPolicies(state, certificate, last);
    // Section 6.1.3 (f).
    if (expected === null && state.explicitPolicy <= 0) return "no policy left that an issuer demands";
    state = { ...state, expected };
    if (last) {
      // Section 6.1.5 (a) and (b).
      const spent = certificate.policyConstraints?.requireExplicitPolicy === 0 || state.explicitPolicy <= 1;
      return spent && expected === null ? "no policy left for the leaf" : null;
    }
    if (certificate.policyMappings.some((pair) => pair.includes(anyPolicy))) return "anyPolicy mapped";
    state = prepareNext(state, certificate);
  }
  return null;
}

/** Section 6.1.3 (d) and (e): what of the expected policies this certificate asserts. */
function assertedPolicies(state: PolicyState, certificate: Certificate, last: boolean): ReadonlySet<string> | null {
  const { expected } = state;
  const policies = certificate.policies;
  if (expected === null || policies === null) return null;
  const any = expected.has(anyPolicy);
  const asserted = new Set(policies.filter((policy) => policy !== anyPolicy && (any || expected.has(policy))));
  const anyCounts = state.inhibitAny > 0 || (!last && isSelfIssued(certificate));
  if (policies.includes(anyPolicy) && anyCounts) for (const policy of expected) asserted.add(policy);
  return asserted.size === 0 ? null : asserted;
}

/** Section 6.1.4 (b), (h), (i) and (j). */
function prepareNext(state: PolicyState, certificate: Certificate): PolicyState {
  const step = isSelfIssued(certificate) ? 0 : 1;
  const constraints = certificate.policyConstraints;
  const lower = (count: number, bound: number | null | undefined): number =>
    Math.min(Math.max(count - step, 0), bound ?? Number.MAX_SAFE_INTEGER);
  return {
    expected: mapped(state, certificate),
    explicitPolicy: lower(state.explicitPolicy, constraints?.requireExplicitPolicy),
    policyMapping: lower(state.policyMapping, constraints?.inhibitPolicyMapping),
    inhibitAny: lower(state.inhibitAny, certificate.inhibitAnyPolicy),
  };
}

function mapped(state: PolicyState, certificate: Certificate): ReadonlySet<string> | null {
  const { expected } = state;
  if (expected === null || certificate.policyMappings.length === 0) return expected;
  const sources = new Set(certificate.policyMappings.map(([issuer]) => issuer));
  const next = new Set([...expected].filter((policy) => !sources.has(policy)));
  if (state.policyMapping > 0)
    for (const [issuer, subject] of certificate.policyMappings)
      if (expected.has(issuer) || expected.has(anyPolicy)) next.add(subject);
  return next.size === 0 ? null : next;
}

/** Whether issuer and subject are the same (section 3.2). */
export function isSelfIssued(certificate: Certificate): boolean {
  return certificate.subject.key === certificate.issuer.key;
}
