// The second line, "How it got here": what one's own servers saw, under seal, and below it what is only claimed.
// panel.md points 2 and 3; protocol section 4: what is not recorded is "not recorded", never "insecure".
import type { HopFinding, HopSignal } from "../hop/types.ts";
import type { Received } from "../received/types.ts";
import { gradeTls, tlsWords } from "../tls/grade.ts";
import { tlsVersionWords } from "../tls/versions.ts";
import { say } from "./phrases.ts";
import { shown, shownOctets } from "./shown.ts";
import { judgingHop } from "./judgements.ts";
import type { Evidence, Phrase, Reason, Verdict, WayStep } from "./types.ts";

/** More steps tell nobody anything; the newest are shown. */
const maxSteps = 40;

/** Mail transmission types that say there was no TLS (RFC 3848). */
const withoutTls: ReadonlySet<string> = new Set(["SMTP", "ESMTP", "ESMTPA", "LMTP", "LMTPA"]);

/** What a seal says of encryption. A missing record is not a missing encryption. */
type Encryption = "strong" | "weak" | "none" | "untold";

function encryptionOf({ tls, protocol }: HopSignal): Encryption {
  if (tls === null) return withoutTls.has(protocol?.toUpperCase() ?? "") ? "none" : "untold";
  const grade = gradeTls(tls.version, tls.cipher);
  if (grade === "none") return "none";
  return grade === "weak" ? "weak" : "strong";
}

function sealedTlsWords({ tls }: HopSignal): string {
  return tls === null ? "" : (tlsWords(tls.version, tls.cipher) ?? shown(tls.version));
}

function encryptionPhrases(signal: HopSignal): Phrase[] {
  const tls = sealedTlsWords(signal);
  switch (encryptionOf(signal)) {
    case "strong":
      return [say("way_tls", { tls })];
    case "weak":
      return [say("way_tls", { tls }), say("way_tls_weak")];
    case "none":
      return [say("way_tls_none")];
    case "untold":
      return [say("way_tls_untold")];
  }
}

function certificatePhrases({ clientCertificate }: HopSignal): Phrase[] {
  switch (clientCertificate?.state) {
    case "verified":
      return [say("way_certificate_verified")];
    case "present":
      return [say("way_certificate_present")];
    case "none":
      return [say("way_certificate_none")];
    case undefined:
      return [];
  }
}

function tookPhrase(by: string, peer: string | null, ip: string | null): Phrase {
  if (peer !== null) return say("way_took", { by, peer });
  return ip === null ? say("way_received", { by }) : say("way_took_nameless", { by, ip });
}

function sealedStep({ signal, body }: HopFinding): WayStep {
  const { by, rdns, ip, helo, at } = signal;
  const name = rdns === null ? null : shown(rdns);
  const otherName = helo !== null && helo.toLowerCase() !== rdns?.toLowerCase() && helo !== `[${ip ?? ""}]`;
  return {
    text: tookPhrase(shown(by), name, ip === null ? null : shown(ip)),
    details: [
      ...encryptionPhrases(signal),
      ...certificatePhrases(signal),
      ...(otherName ? [say("way_named_itself", { name: shown(helo) })] : []),
      say("way_at", { taken_at: String(at) }),
      ...(body === "changed" ? [say("way_changed")] : []),
    ],
    seen: true,
  };
}

function receivedText({ from, by }: Received): Phrase {
  const names = [from?.rdns?.replace(/\.$/, ""), from?.helo, from?.name, from?.ip];
  const peer = names.find((name) => name !== null && name !== undefined && name !== "") ?? null;
  if (by !== null) return tookPhrase(shownOctets(by), peer === null ? null : shownOctets(peer), null);
  return peer === null ? say("way_unreadable") : say("way_from", { peer: shownOctets(peer) });
}

function receivedStep({ received, own }: Evidence["received"][number]): WayStep {
  if (received === null) return { text: say("way_unreadable"), details: [], seen: own };
  const tls = received.tls === null ? null : tlsWords(received.tls.version, received.tls.cipher);
  return {
    text: receivedText(received),
    details: [
      ...(tls === null ? [] : [say("way_tls", { tls })]),
      ...(received.date === null ? [] : [say("way_at", { taken_at: String(received.date) })]),
    ],
    seen: own,
  };
}

/** The gist tells of the step from outside to one's own servers: the oldest sealed hop. */
function sealedGist(hops: Evidence["hops"]): Phrase | null {
  const border = hops.verified.at(-1)?.signal;
  if (border === undefined) return null;
  if (judgingHop(hops)?.body === "changed") return say("gist_way_changed");
  const count = new Set(hops.verified.map(({ signal }) => signal.by.toLowerCase())).size;
  const tls = border.tls === null ? "" : (tlsVersionWords(border.tls.version) ?? shown(border.tls.version));
  switch (encryptionOf(border)) {
    case "strong":
      return count === 1 ? say("gist_way_one", { tls }) : say("gist_way_many", { tls, count: String(count) });
    case "weak":
      return say("gist_way_weak");
    case "none":
      return say("gist_way_open");
    case "untold":
      return say("gist_way_untold");
  }
}

function claimedGist({ received, trustedReceived }: Evidence): Phrase {
  if (received.length === 0) return say("gist_way_nothing");
  const told = trustedReceived === null ? null : (received[trustedReceived]?.received?.tls ?? null);
  const tls = told === null || told.version === null ? null : tlsVersionWords(told.version);
  return tls === null ? say("gist_way_claimed") : say("gist_way_claimed_tls", { tls });
}

/** Records under one's own name that are not: they stand among the claims. */
function forgedSteps({ forged }: Evidence["hops"]): WayStep[] {
  const keys = new Set(
    forged.map(({ code }) => {
      if (code === "hop/unknown-key") return "way_record_unknown_key" as const;
      return code === "hop/revoked-key" ? ("way_record_revoked_key" as const) : ("way_record_forged" as const);
    }),
  );
  return [...keys].map((key) => ({ text: say(key), details: [], seen: false }));
}

/** Own steps that no seal covers, the sealed ones, and the claimed ones; newest first in each. */
function stepsOf({ hops, received }: Evidence): WayStep[] {
  return [
    ...received.filter(({ own }) => own).map(receivedStep),
    ...hops.verified.map(sealedStep),
    ...forgedSteps(hops),
    ...received.filter(({ own }) => !own).map(receivedStep),
  ].slice(0, maxSteps);
}

/** The whole line. */
export function wayLine(reason: Reason, evidence: Evidence): Verdict["way"] {
  const forged = reason === "forged-hop" && evidence.hops.verified.length === 0;
  const gist = forged ? say("gist_way_forged") : (sealedGist(evidence.hops) ?? claimedGist(evidence));
  return { gist, steps: stepsOf(evidence), open: reason === "forged-hop" };
}
