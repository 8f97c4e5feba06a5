// What this MTA saw of a mail and what became of it, as its Authentication-Results and its Hop-Signal (protocol section 4).
import { formatAuthenticationResults } from "../../shared/authres/format.ts";
import { parseAuthenticationResults } from "../../shared/authres/parse.ts";
import { sameAuthservId } from "../../shared/authres/checks.ts";
import { type HeaderField, plainName } from "../../shared/header/field.ts";
import type { SealSigner } from "../../shared/hop/key-types.ts";
import type { HopSignal } from "../../shared/hop/types.ts";
import type { DeclarationFinding } from "../../shared/ipp/types.ts";
import type { PolicyDecision } from "../../shared/policy/types.ts";
import type { ClientCertificate } from "./client-facts.ts";
import type { Client } from "./mail.ts";

/** Fields made before: clients come with the same few ciphers. As the MTA names those, it is emptied where it is full. */
const madeBefore = new Map<string, HeaderField>();
const madeBeforeEntries = 100;

/** The hop's TLS as Authentication-Results, a field of its own (RFC 8601 section 2.7.6: an x- method); null without TLS. */
export function tlsResults(authservId: string, tls: Client["tls"]): HeaderField | null {
  if (tls === null) return null;
  const key = `${authservId} ${tls.version} ${tls.cipher} ${tls.bits}`;
  const made = madeBefore.get(key) ?? newResults(authservId, tls);
  if (madeBefore.size >= madeBeforeEntries) madeBefore.clear();
  madeBefore.set(key, made);
  return made;
}

function newResults(authservId: string, tls: NonNullable<Client["tls"]>): HeaderField {
  const properties = [
    { type: "smtp", name: "version", value: tls.version },
    ...(tls.cipher === null ? [] : [{ type: "smtp", name: "cipher", value: tls.cipher }]),
    ...(tls.bits === null ? [] : [{ type: "smtp", name: "bits", value: String(tls.bits) }]),
  ];
  const results = [{ method: "x-tls", version: 1, result: "pass", reason: null, properties }];
  const value = formatAuthenticationResults({ authservId, version: 1, results }, "\r\n\t");
  return { name: "Authentication-Results", value: ` ${value}` };
}

/** What is the same for every mail of a listener. */
export interface HopIdentity {
  /** `s`. */
  readonly domain: string;
  /** `by`, which is also the authserv-id of our own Authentication-Results. */
  readonly by: string;
  /** `pub`. */
  readonly publishes: readonly string[];
}

/** All that goes into one Hop-Signal. */
export interface HopRecord {
  readonly identity: HopIdentity;
  /** Whose key seals it. */
  readonly signer: Pick<SealSigner, "keyId" | "algorithm">;
  readonly hop: number;
  readonly queueId: string | null;
  readonly at: number;
  readonly client: Client;
  readonly certificate: ClientCertificate | null;
  readonly judged: Judged;
  readonly ref: string;
  readonly recipientCommitment: string;
  readonly bodyHash: string;
}

/** The declaration's and the policy's part of a Hop-Signal. */
export type Judged = Pick<
  HopSignal,
  "policy" | "declaration" | "purpose" | "trust" | "warnings" | "allMail" | "action"
>;

/** From what was found and decided here. The rule of one reader is never named (protocol section 5). */
export function judgedHere(finding: DeclarationFinding, decision: PolicyDecision | null): Judged {
  const { trust } = finding;
  return {
    declaration: finding.result,
    purpose: finding.declaration?.purpose ?? null,
    trust: finding.signer === null ? null : trust.level,
    warnings: [
      ...(trust.changedKey ? (["key"] as const) : []),
      ...(trust.lowered ? (["level"] as const) : []),
      ...(trust.revocationUnknown ? (["rev"] as const) : []),
    ],
    allMail: finding.allMail,
    action: decision?.action ?? null,
    policy:
      decision === null
        ? null
        : { rule: decision.layer === "reader" ? "local" : decision.rule, action: decision.action },
  };
}

/** From the hop below, whose seal holds over an unchanged body: an inner MTA passes its border's judgement on. */
export function judgedBelow(signal: HopSignal): Judged {
  const { policy, declaration, purpose, trust, warnings, allMail, action } = signal;
  return { policy, declaration, purpose, trust, warnings, allMail, action };
}

/** The Hop-Signal, ready to be sealed. */
export function hopSignal(record: HopRecord): HopSignal {
  const { identity, client, judged } = record;
  return {
    domain: identity.domain,
    keyId: record.signer.keyId,
    algorithm: record.signer.algorithm,
    hop: record.hop,
    by: identity.by,
    queueId: record.queueId,
    at: record.at,
    ip: client.address,
    rdns: client.rdns,
    helo: client.helo,
    protocol: client.protocol,
    tls: client.tls === null ? null : { ...client.tls, group: null, sni: null },
    clientCertificate: record.certificate,
    publishes: identity.publishes,
    ...judged,
    serverTrust: null,
    ref: record.ref,
    recipientCommitment: record.recipientCommitment,
    bodyHash: record.bodyHash,
  };
}

/** Whether our own Authentication-Results say that DKIM passed for the domain or a parent of it. */
export function dkimAligned(fields: readonly HeaderField[], authservId: string, domain: string): boolean {
  return fields.some((field) => {
    if (plainName(field.name) !== "authentication-results") return false;
    const parsed = parseAuthenticationResults(field.value);
    if (!parsed.ok || !sameAuthservId(parsed.value.authservId, authservId)) return false;
    return parsed.value.results.some(
      ({ method, result, properties }) =>
        method === "dkim" &&
        result === "pass" &&
        properties.some(({ type, name, value }) => type === "header" && name === "d" && covers(value, domain)),
    );
  });
}

function covers(signer: string, domain: string): boolean {
  const lower = signer.toLowerCase();
  return lower.includes(".") && (domain === lower || domain.endsWith(`.${lower}`));
}
