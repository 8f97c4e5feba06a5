// The first line, "What it says it is": the declaration, who stands behind it, and what the recheck came to.
// panel.md point 2.
import { fromBase64Url } from "../encoding/base64.ts";
import { toHex } from "../encoding/hex.ts";
import type { CertificateFacts, DeclarationFinding, DeclarationResult } from "../ipp/types.ts";
import { policyPhrase } from "../policy/explain.ts";
import { declarationPhrase, purposePhrases } from "./purpose.ts";
import { say } from "./phrases.ts";
import { hasCodedDomain, hasMixedScripts, shown } from "./shown.ts";
import { judgingHop } from "./judgements.ts";
import type { Evidence, Level, Phrase, Reason, Row, Verdict } from "./types.ts";

function row(label: Phrase, value: Phrase, style: Row["style"] = "text"): Row {
  return { label, value, style };
}

/** Results under which the signature was checked and holds. */
const holding: ReadonlySet<DeclarationResult> = new Set(["pass", "forwarded", "copy", "replay"]);

/** "9f:2c:81:…": how people compare fingerprints. */
function fingerprintText(fingerprint: string): string {
  const bytes = fromBase64Url(fingerprint);
  return bytes === null ? shown(fingerprint) : (toHex(bytes).match(/../g) ?? []).join(":");
}

function certificateRows(certificate: CertificateFacts | null): Row[] {
  if (certificate === null) return [];
  return [
    row(say("row_certificate"), say("value_certificate", { until_day: String(certificate.notAfter) })),
    row(say("row_issuer"), say("value_text", { text: shown(certificate.issuer) })),
    row(say("row_fingerprint"), say("value_text", { text: fingerprintText(certificate.fingerprint) }), "code"),
  ];
}

/** A name that may only look like another. */
function letterRows(address: string): Row[] {
  if (hasMixedScripts(address)) return [row(say("row_letters"), say("value_letters_mixed"))];
  return hasCodedDomain(address) ? [row(say("row_letters"), say("value_letters_coded"))] : [];
}

function trustPhrase({ trust, signer }: DeclarationFinding): Phrase {
  const domain = shown(signer?.domain ?? "");
  switch (trust.level) {
    case "pkix":
      return say("value_trust_pkix");
    case "domain":
      return say("value_trust_domain", { domain });
    case "site":
      return say("value_trust_site", { domain });
    case "pinned":
      return say("value_trust_pinned");
    case "self":
      return say("value_trust_self");
    case "none":
      return say("value_trust_none");
  }
}

/** Who signed, where the signature holds. */
function signedRows(finding: DeclarationFinding, { addressed }: Evidence): Row[] {
  const { signer } = finding;
  if (signer === null) return [];
  const address = shown(signer.address);
  const written = addressed === null ? [] : [addressed ? say("value_written_you") : say("value_written_other")];
  return [
    row(say("row_signed_for"), say("value_signed_for", { signer: address, signed_at: String(signer.signedAt) })),
    ...letterRows(signer.address),
    ...written.map((value) => row(say("row_written_to"), value)),
    row(say("row_vouched"), trustPhrase(finding)),
    ...certificateRows(finding.certificate),
  ];
}

function expiredPhrase({ code, signer }: DeclarationFinding): Phrase {
  if (code === "ipp/certificate-expired") return say("value_signature_certificate");
  return code === "ipp/expired" && signer !== null
    ? say("value_signature_expired", { expired_at: String(signer.expiresAt) })
    : say("value_signature_out_of_date");
}

function signaturePhrase(finding: DeclarationFinding): Phrase | null {
  const { result, allMail, list } = finding;
  switch (result) {
    case "broken":
      return say("value_signature_broken");
    case "expired":
      return expiredPhrase(finding);
    case "permerror":
      return say("value_signature_unusable");
    case "temperror":
      return say("value_signature_unasked");
    case "none":
      return allMail === true && !list ? say("value_signature_missing") : null;
    case "pass":
    case "forwarded":
    case "copy":
    case "replay":
      return say("value_signature_holds");
  }
}

/** What is claimed, where no signature holds. */
function claimRows(finding: DeclarationFinding, { from }: Evidence): Row[] {
  const signature = signaturePhrase(finding);
  const { signer, code, list, result } = finding;
  const text = (value: string): Phrase => say("value_text", { text: shown(value) });
  return [
    ...(signature === null ? [] : [row(say("row_signature"), signature)]),
    ...(from === null || signature === null ? [] : [row(say("row_claims"), text(from)), ...letterRows(from)]),
    ...(signer === null || signer.address === from ? [] : [row(say("row_names"), text(signer.address))]),
    ...(list && result === "broken" ? [row(say("row_list"), say("value_list"))] : []),
    ...(code === null || result === "none" ? [] : [row(say("row_reason"), text(code), "code")]),
  ];
}

function recheckRows({ recheck }: Evidence): Row[] {
  switch (recheck) {
    case "fits":
      return [row(say("row_rechecked"), say("value_rechecked_fits"))];
    case "header-fits":
      return [row(say("row_rechecked"), say("value_rechecked_header"))];
    case "fails":
      return [row(say("row_rechecked"), say("value_rechecked_fails"))];
    case "unable":
      return [row(say("row_rechecked"), say("value_rechecked_unable"))];
    case null:
      return [];
  }
}

function policyRows({ hops }: Evidence): Row[] {
  const policy = judgingHop(hops)?.signal.policy ?? null;
  return policy === null ? [] : [row(say("row_policy"), policyPhrase(shown(policy.rule), policy.action))];
}

function rowsOf(evidence: Evidence): Row[] {
  const { declaration, claimed } = evidence;
  const said = declaration?.declaration ?? claimed;
  const purpose = said === null ? [] : [row(say("row_purpose"), declarationPhrase(said))];
  if (declaration === null) {
    return said === null ? [] : [...purpose, row(say("row_signature"), say("value_signature_unlooked"))];
  }
  const middle = holding.has(declaration.result) ? signedRows(declaration, evidence) : claimRows(declaration, evidence);
  return [...purpose, ...middle, ...policyRows(evidence), ...recheckRows(evidence)];
}

function gistOf(level: Level, { declaration, claimed }: Evidence): Phrase {
  const said = declaration?.declaration ?? claimed;
  if (said === null) {
    return declaration?.result === "permerror" ? say("gist_says_malformed") : say("gist_says_nothing");
  }
  const { short_key } = purposePhrases(said.purpose);
  const proven = level !== "unproven" && level !== "unrecorded" && holding.has(declaration?.result ?? "none");
  return proven ? say("gist_says", { short_key }) : say("gist_says_unproven", { short_key });
}

/** The whole line. A bad level opens it where it explains the level. */
export function saysLine(level: Level, reason: Reason, evidence: Evidence): Verdict["says"] {
  const bad = level === "careful" || level === "broken";
  return { gist: gistOf(level, evidence), rows: rowsOf(evidence), open: bad && reason !== "forged-hop" };
}
