// Words of the declaration protocol that travel between verifier, policy, seal, verdict and panel.
// docs/protocol.md sections 1 to 3 are normative.

/** How verifying a declaration ended (protocol section 3, Results). Only `pass` ever lets a rule match. */
export const declarationResults = [
  "pass",
  "forwarded",
  "copy",
  "replay",
  "broken",
  "expired",
  "temperror",
  "permerror",
  "none",
] as const;
export type DeclarationResult = (typeof declarationResults)[number];

/** Who vouches for the key, best first (protocol section 2). */
export const trustLevels = ["pkix", "domain", "site", "pinned", "self", "none"] as const;
export type TrustLevel = (typeof trustLevels)[number];

/** What the validating resolver said (RFC 4035 section 4.3). */
export const dnssecStates = ["secure", "insecure", "bogus", "unknown"] as const;
export type DnssecState = (typeof dnssecStates)[number];

/** IPP-Purpose: what kind of mail the sender says this is. */
export interface Declaration {
  /** `p`: "transactional.invoice". First label is one of the registry's purposes, or unknown to this version. */
  readonly purpose: string;
  /** `cls`: for whom it was written ("individual", "bulk"), if said. */
  readonly classification: string | null;
  /** `consent`: why the sender thinks it may be sent ("relationship", "optin" …), if said. */
  readonly consent: string | null;
}

/** The `_ipp` TXT record of a domain (protocol section 1). */
export interface DiscoveryRecord {
  /** Base of everything the domain publishes, `{d}` already replaced, with a final slash; null when the record has no url. */
  readonly url: string | null;
  /** `ca`: base64url SHA-256 digests of SubjectPublicKeyInfos the domain vouches for, leaf's or CA's. */
  readonly ca: readonly string[];
  /** `m=all`: every mail From this domain is declared. */
  readonly allMail: boolean;
  /** `sub`: the one character that starts a subaddress, or null. */
  readonly subaddress: string | null;
}

/** Who signed, as far as the signature field itself says; proven only where the result is one that verifies. */
export interface SignerClaim {
  /** `i`: the address, domain as A-labels. */
  readonly address: string;
  /** `d`. */
  readonly domain: string;
  /** `ks`: base64url SHA-256 of the key's SubjectPublicKeyInfo. */
  readonly keyId: string;
  readonly algorithm: string;
  /** `t` and `x`, Unix seconds. */
  readonly signedAt: number;
  readonly expiresAt: number;
  readonly token: string;
}

/** The certificate behind a declaration, for the panel. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** base64url SHA-256 of the DER certificate. */
  readonly fingerprint: string;
}

/** Why the key is trusted as far as it is, and what changed. */
export interface TrustFinding {
  readonly level: TrustLevel;
  /** Every level that held, with what showed it: [{level: "domain", detail: "leaf digest in secure TXT of …"}]. */
  readonly evidence: readonly { readonly level: TrustLevel; readonly detail: string }[];
  /** Another key than this address's earlier mail had. */
  readonly changedKey: boolean;
  /** A lower level than this address's earlier mail had. */
  readonly lowered: boolean;
  /** Something trusted issued the certificate, but whether it has withdrawn it is not known: no fresh CRL is at hand. */
  readonly revocationUnknown: boolean;
}

/** All that verifying one mail's declaration found. Plain data: it is stored, sent and shown. */
export interface DeclarationFinding {
  readonly result: DeclarationResult;
  /** Stable code of what stood in the way ("ipp/body-hash", "ipp/two-signatures"); null for pass. */
  readonly code: string | null;
  /** For the log. */
  readonly detail: string;
  readonly declaration: Declaration | null;
  readonly signer: SignerClaim | null;
  readonly certificate: CertificateFacts | null;
  readonly trust: TrustFinding;
  /** The From domain's record says m=all. null: not known (temperror, or nobody asked). */
  readonly allMail: boolean | null;
  /** The mail has a List-Id. */
  readonly list: boolean;
  readonly dnssec: DnssecState;
  /** How many recipients the declaration binds; after a reader's recheck those of them that a report of his may be of. */
  readonly boundRecipients: number;
}
