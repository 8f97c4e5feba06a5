// What the tests of store, api and reports hand in: a store in memory, a silent log, a kept mail.
import { formatHopSignal } from "../../../shared/hop/format.ts";
import type { HopSignal } from "../../../shared/hop/types.ts";
import type { DeclarationFinding } from "../../../shared/ipp/types.ts";
import type { Log, SignalRow, TokenSighting } from "../../../bridge/pipeline/ports.ts";
import type { NewComplaint } from "../../../bridge/store/complaints.ts";
import { openStore, type Store } from "../../../bridge/store/store.ts";

export const now = 1_763_900_000;

export const silent: Log = { info() {}, warn() {}, error() {} };

export async function memoryStore(): Promise<Store> {
  const store = await openStore(":memory:", silent);
  if (!store.ok) throw new Error(store.detail);
  return store.value;
}

export const hopSignal: HopSignal = {
  domain: "example.net",
  keyId: "O29QkCaJKFtGKTLbCqpVANElz8nq-VcR3SCcEWwnib8",
  algorithm: "ed25519-sha256",
  hop: 1,
  by: "mx1.example.net",
  queueId: "4ABC",
  at: now,
  ip: "192.0.2.1",
  rdns: "mail.bank.example",
  helo: "mail.bank.example",
  protocol: "ESMTPS",
  tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: 256, group: null, sni: null },
  clientCertificate: null,
  publishes: [],
  policy: null,
  serverTrust: null,
  declaration: "pass",
  purpose: "transactional.invoice",
  trust: "domain",
  warnings: [],
  allMail: true,
  action: "accept",
  ref: "ref-1",
  recipientCommitment: null,
  bodyHash: "lDiyOf-z1LX-dTovfAo8tPs2HPg3J0LQ9lRW1aoOUkk",
};

export const finding: DeclarationFinding = {
  result: "pass",
  code: null,
  detail: "",
  declaration: { purpose: "transactional.invoice", classification: "individual", consent: "relationship" },
  signer: {
    address: "billing@bank.example",
    domain: "bank.example",
    keyId: "ks1",
    algorithm: "ed25519-sha256",
    signedAt: now - 60,
    expiresAt: now + 604_800,
    token: "tok-1",
  },
  certificate: null,
  trust: { level: "domain", evidence: [], changedKey: false, lowered: false, revocationUnknown: false },
  allMail: true,
  list: false,
  dnssec: "secure",
  boundRecipients: 1,
};

export function signalRow(change: Partial<SignalRow> = {}): SignalRow {
  return {
    ref: "ref-1",
    at: now,
    signal: hopSignal,
    signalValue: formatHopSignal(hopSignal, null),
    finding,
    envelopeFrom: "bounce@bank.example",
    recipients: ["bob@example.net"],
    from: "billing@bank.example",
    messageId: "<1@bank.example>",
    purposeField: null,
    signatureField: null,
    feedback: null,
    ...change,
  };
}

export function sighting(change: Partial<TokenSighting> = {}): TokenSighting {
  return {
    token: "tok-1",
    domain: "bank.example",
    recipients: [{ address: "bob@example.net", bound: true }],
    client: "192.0.2.1",
    at: now,
    expiresAt: now + 604_800,
    ...change,
  };
}

export function complaint(change: Partial<NewComplaint> = {}): NewComplaint {
  return {
    id: "c1",
    ref: "ref-1",
    reader: "bob@example.net",
    code: "misrepresented",
    actual: "marketing",
    at: now,
    undoHash: "u1",
    undoUntil: now + 600,
    route: "report",
    domain: "bank.example",
    purpose: "transactional.invoice",
    reports: [
      { id: "r1", kind: "report", domain: "bank.example", payload: "{}", dueAt: now + 700, giveUpAt: now + 432_700 },
    ],
    ...change,
  };
}
