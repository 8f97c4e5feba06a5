// A recipient's policy, typed (protocol section 5).
import type { PolicyAction } from "../hop/types.ts";
import type { TrustLevel } from "../ipp/types.ts";

/** One rule. It speaks of declared mail only; what is not declared never reaches it. */
export interface PolicyRule {
  /** Letters, digits, ".", "_", "-"; not "default", "undeclared" or "local", which seals use for themselves. */
  readonly id: string;
  readonly match: {
    /** `p`: purposes; "transactional.*" matches the purpose and everything below it, "*" any. Empty: any. */
    readonly purposes: readonly string[];
    /** `cls`. Empty: any. */
    readonly classifications: readonly string[];
    /** `from`: addresses or "@domain" of the signer, lower case, A-labels. Empty: any. Personal: never published. */
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

/** A whole policy: of a server, or of one reader. */
export interface Policy {
  readonly id: string;
  /** Seconds others may keep it. */
  readonly maxAgeSeconds: number;
  /** For declared mail that no rule matches. */
  readonly default: PolicyAction;
  /** For mail that declares nothing, and everything that is judged like it. */
  readonly undeclared: PolicyAction;
  readonly rules: readonly PolicyRule[];
}

/** The policies that apply to one recipient. */
export interface PolicyLayers {
  /** The server's floor: the reader may be stricter, never laxer. */
  readonly floor?: Policy;
  /** The reader's own; where there is none the server's default stands in. */
  readonly reader?: Policy;
  /** The server's default. */
  readonly default: Policy;
}

/** What policy asks about one mail. */
export interface PolicyQuestion {
  /** null unless the declaration's result is pass: no other result may match a rule. */
  readonly declared: {
    readonly purpose: string;
    readonly classification: string | null;
    readonly trust: TrustLevel;
    /** Address, domain as lower-case A-labels. */
    readonly signer: string;
  } | null;
  /** "TLSv1.3" or null for none. */
  readonly tlsVersion: string | null;
}

/** What a policy answers. */
export interface PolicyDecision {
  readonly action: PolicyAction;
  /** Id of the rule, or "default", "undeclared". */
  readonly rule: string;
  /** Whose policy decided: the server's floor, the reader's own, or the server's default. */
  readonly layer: "floor" | "reader" | "default";
  /** Stable codes of requirements that were not met ("policy/trust", "policy/tls"). */
  readonly unmet: readonly string[];
}
