// Words of the hop signals (protocol section 4): what a receiving MTA of the reader's own organisation saw.
import type { DeclarationResult, TrustLevel } from "../ipp/types.ts";
import type { SealAlgorithm } from "./key-types.ts";

/** Whether the sending server showed a certificate of its own, and whether it checked out. */
export type ClientCertificateState = "none" | "present" | "verified";

/** What the bridge's policy did with the mail (protocol section 5). */
export const policyActions = ["accept", "tag", "quarantine", "reject"] as const;
export type PolicyAction = (typeof policyActions)[number];

/** One Hop-Signal, typed. What was not known is null, never 0 or "". Times are Unix seconds. */
export interface HopSignal {
  /** `s`: the domain whose keys seal. */
  readonly domain: string;
  /** `k`. */
  readonly keyId: string;
  readonly algorithm: SealAlgorithm;
  /** `hop`: 1 for the border, one more for each inner MTA. */
  readonly hop: number;
  /** `by`: host name of the MTA; `id`: its queue id. */
  readonly by: string;
  readonly queueId: string | null;
  readonly at: number;
  readonly ip: string | null;
  readonly rdns: string | null;
  readonly helo: string | null;
  /** `with`: SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA, LMTP … (IANA "Mail Transmission Types", RFC 3848). */
  readonly protocol: string | null;
  readonly tls: {
    /** "TLSv1.3". */
    readonly version: string;
    /** IANA's cipher suite name (RFC 8314 section 4.3). */
    readonly cipher: string | null;
    readonly bits: number | null;
    /** Key exchange group, "X25519MLKEM768"; SNI asked for. */
    readonly group: string | null;
    readonly sni: string | null;
  } | null;
  readonly clientCertificate: {
    readonly state: ClientCertificateState;
    /** base64url SHA-256 of certificate and of its public key. */
    readonly fingerprint: string | null;
    readonly keyFingerprint: string | null;
  } | null;
  /** `pub`: what our own MX publishes: ["dane", "sts"]. */
  readonly publishes: readonly string[];
  /** `pol`: the rule that decided ("local" where it is one reader's own) and its action. */
  readonly policy: { readonly rule: string; readonly action: PolicyAction } | null;
  /** `wot`: server web of trust. */
  readonly serverTrust: { readonly level: string; readonly depth: number } | null;
  /** `ipp`, `p`, `tr`: the declaration as the bridge judged it. */
  readonly declaration: DeclarationResult | null;
  readonly purpose: string | null;
  readonly trust: TrustLevel | null;
  /** `warn`: "key" changed, "level" lowered, "rev": revocation not known. */
  readonly warnings: readonly ("key" | "level" | "rev")[];
  /** `m`: the From domain says m=all (known only when asked). */
  readonly allMail: boolean | null;
  /** `act`: what policy did. */
  readonly action: PolicyAction | null;
  /** `ref`: look-up handle at the bridge. */
  readonly ref: string | null;
  /** `rc`: commitment to the envelope recipients, base64url. */
  readonly recipientCommitment: string | null;
  /** `bh`: base64url SHA-256 of the relaxed body. */
  readonly bodyHash: string;
}

/** How one Hop-Signal that claims our domain fared. */
export interface HopFinding {
  readonly signal: HopSignal;
  /** Index of the Hop-Signal in the header's field list. */
  readonly index: number;
  /** The body is what the server saw: `same`, or `changed` after it (protocol section 4: never forged, never good). */
  readonly body: "same" | "changed";
}

/** All that verifying one mail's Hop-Signals found. */
export interface HopFindings {
  /** Verified, newest (topmost) first. */
  readonly verified: readonly HopFinding[];
  /** Fields that claim one of our domains but whose seal fails, with a stable code each. */
  readonly forged: readonly { readonly code: string; readonly detail: string }[];
  /** Fields of other domains: not ours to believe, not shown as more than claims. */
  readonly foreign: number;
  /** Index in the header's field list of the oldest (lowest) verified Hop-Signal; below it all is claimed. -1: none. */
  readonly oldestIndex: number;
}

/** A bridge's seal or report key, from `keys` (decisions: JWK with nbf, exp, revoked, signed by its predecessor). */
export interface BridgeKey {
  readonly keyId: string;
  readonly spki: Uint8Array;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly revoked: boolean;
}
