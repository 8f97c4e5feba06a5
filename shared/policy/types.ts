// A recipient's policy, typed (protocol section 5).
import type { TrustLevel } from "../ipp/types.ts";
import type { PolicyAction } from "../hop/types.ts";

export interface PolicyRule {
  readonly id: string;
  readonly match: {
    /** `p`: purposes, "transactional.*" matches the purpose and everything below it. Empty: any. */
    readonly purposes: readonly string[];
    /** `cls`. Empty: any. */
    readonly classifications: readonly string[];
    /** `from`: addresses or "@domain" of the signer. Empty: any. */
    readonly from: readonly string[];
  };
  readonly require: {
    /** Any of these trust levels; empty: any. */
    readonly trust: readonly TrustLevel[];
    /** Lowest TLS version of the hop ("1.2"), or null. */
    readonly tls: "1.2" | "1.3" | null;
  };
  readonly action: PolicyAction;
  /** Where it matches and `require` is not met. */
  readonly otherwise: PolicyAction;
}

export interface Policy {
  readonly id: string;
  /** Seconds others may keep it. */
  readonly maxAgeSeconds: number;
  readonly default: PolicyAction;
  /** For mail that declares nothing, and everything that is judged like it. */
  readonly undeclared: PolicyAction;
  readonly rules: readonly PolicyRule[];
}

/** What policy asks about one mail. */
export interface PolicyQuestion {
  /** null unless the declaration's result is pass: no other result may match a rule. */
  readonly declared: {
    readonly purpose: string;
    readonly classification: string | null;
    readonly trust: TrustLevel;
    readonly signer: string;
  } | null;
  /** "TLSv1.3" or null for none. */
  readonly tlsVersion: string | null;
}

export interface PolicyDecision {
  readonly action: PolicyAction;
  /** Id of the rule, or "default", "undeclared". */
  readonly rule: string;
  /** Whose policy decided: the server's floor, the reader's own, or the server's default. */
  readonly layer: "floor" | "reader" | "default";
  /** Stable codes of requirements that were not met ("policy/trust", "policy/tls"). */
  readonly unmet: readonly string[];
}
