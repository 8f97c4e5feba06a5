// Evidence for tests: a good mail, and changes to it.
import type { HopFindings, HopSignal } from "../../../shared/hop/types.ts";
import type { DeclarationFinding, DeclarationResult } from "../../../shared/ipp/types.ts";
import type { Evidence } from "../../../shared/verdict/types.ts";

/** 22 November 2026, 14:02 UTC. */
export const sealedAt = 1_795_356_120;

export const signal: HopSignal = {
  domain: "example.net",
  keyId: "k".repeat(43),
  algorithm: "ed25519-sha256",
  hop: 1,
  by: "mx1.example.net",
  queueId: "4XyZ",
  at: sealedAt,
  ip: "192.0.2.25",
  rdns: "mail.bank.example",
  helo: "mail.bank.example",
  protocol: "ESMTPS",
  tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: 256, group: null, sni: null },
  clientCertificate: { state: "verified", fingerprint: null, keyFingerprint: null },
  publishes: [],
  policy: { rule: "bank", action: "accept" },
  serverTrust: null,
  declaration: "pass",
  purpose: "transactional.invoice",
  trust: "domain",
  warnings: [],
  allMail: false,
  action: "accept",
  ref: "r-1",
  recipientCommitment: null,
  bodyHash: "b".repeat(43),
};

export const finding: DeclarationFinding = {
  result: "pass",
  code: null,
  detail: "",
  declaration: { purpose: "transactional.invoice", classification: "individual", consent: "relationship" },
  signer: {
    address: "billing@bank.example",
    domain: "bank.example",
    keyId: "s".repeat(43),
    algorithm: "ecdsa-p256-sha256",
    signedAt: sealedAt - 5,
    expiresAt: sealedAt + 604_800,
    token: "t".repeat(40),
  },
  certificate: {
    subject: "CN=billing@bank.example",
    issuer: "CN=Bank CA",
    notBefore: sealedAt - 1_000_000,
    notAfter: 1_804_032_000,
    fingerprint: "nyyB",
  },
  trust: { level: "domain", evidence: [], changedKey: false, lowered: false, revocationUnknown: false },
  allMail: false,
  list: false,
  dnssec: "unknown",
  boundRecipients: 1,
};

/** What a test changes in the good mail. */
export interface Changes {
  readonly signal?: Partial<HopSignal>;
  readonly finding?: Partial<DeclarationFinding> | null;
  readonly trust?: Partial<DeclarationFinding["trust"]>;
  readonly body?: "same" | "changed";
  readonly forged?: HopFindings["forged"];
  /** false: no seal verifies, so nobody of ours looked. */
  readonly sealed?: boolean;
  readonly more?: Partial<Evidence>;
}

/** The evidence of a mail that holds, with changes. */
export function evidence(changes: Changes = {}): Evidence {
  const sealed = changes.sealed ?? true;
  const declaration: DeclarationFinding | null =
    changes.finding === null || !sealed
      ? null
      : { ...finding, ...changes.finding, trust: { ...finding.trust, ...changes.finding?.trust, ...changes.trust } };
  const hop = {
    signal: { ...signal, declaration: declaration?.result ?? null, ...changes.signal },
    index: 0,
    body: changes.body ?? "same",
  } as const;
  return {
    from: "billing@bank.example",
    declaration,
    claimed: finding.declaration,
    recheck: "fits",
    addressed: null,
    hops: { verified: sealed ? [hop] : [], forged: changes.forged ?? [], foreign: 0, oldestIndex: sealed ? 0 : -1 },
    checks: { results: [], sealed },
    received: [],
    trustedReceived: null,
    unsubscribe: null,
    ...changes.more,
  };
}

/** Evidence whose declaration ended otherwise. */
export function withResult(result: DeclarationResult, more: Partial<DeclarationFinding> = {}): Evidence {
  const nothing = result === "none" ? { declaration: null, signer: null, certificate: null, boundRecipients: 0 } : {};
  return evidence({
    finding: { result, code: `ipp/${result}`, ...nothing, ...more },
    more: result === "none" ? { claimed: null } : {},
  });
}

export const forgedSeal = [{ code: "hop/seal", detail: "" }];
