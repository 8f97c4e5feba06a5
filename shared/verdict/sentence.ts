// The first words about a mail, and what to do: one choice for each row of the table, finer where one sentence would not be
// true of every mail that the row takes. Protocol section 7; panel.md points 1 and 5.
import { addressDomain } from "../header/address.ts";
import { purposePhrases } from "./purpose.ts";
import { say } from "./phrases.ts";
import { shown } from "./shown.ts";
import type { Evidence, Phrase, Reason } from "./types.ts";

/** Codes of permerror that are the mail's own form (shared/ipp/verify.ts); all others are about what is published. */
const malformed: ReadonlySet<string> = new Set(
  [
    "two-declarations",
    "two-signatures",
    "no-declaration",
    "no-signature",
    "purpose",
    "version",
    "critical",
    "signature-syntax",
    "incomplete",
    "length-tag",
    "lifetime",
    "future",
    "token",
    "algorithm",
    "domain-mismatch",
    "from-not-single",
    "header-form",
    "structure",
  ].map((code) => `ipp/${code}`),
);

function forgedSentence({ hops }: Evidence): Phrase {
  const codes = new Set(hops.forged.map(({ code }) => code));
  if (codes.size === 1 && codes.has("hop/unknown-key")) return say("sentence_forged_unknown_key");
  return codes.size === 1 && codes.has("hop/revoked-key")
    ? say("sentence_forged_revoked_key")
    : say("sentence_forged_hop");
}

/** Without a certificate at hand the seal says `expired` and not of what. */
function expiredSentence({ declaration }: Evidence, signer: string): Phrase {
  if (declaration?.code === "ipp/expired") return say("sentence_expired", { signer });
  return declaration?.code === "ipp/certificate-expired"
    ? say("sentence_expired_certificate", { signer })
    : say("sentence_out_of_date", { signer });
}

function permerrorSentence({ declaration }: Evidence): Phrase {
  const code = declaration?.code ?? null;
  const signer = declaration?.signer?.address;
  if (code === "ipp/from" && signer !== undefined) return say("sentence_permerror_from", { signer: shown(signer) });
  return malformed.has(code ?? "") ? say("sentence_permerror_malformed") : say("sentence_permerror");
}

function allMailSentence(
  { from }: Evidence,
  key: "sentence_broken_all" | "sentence_none_all" | "sentence_invalid_all",
): Phrase {
  return from === null ? say("sentence_all_nameless") : say(key, { domain: shown(addressDomain(from)) });
}

/** The sentence. */
export function sentenceOf(reason: Reason, evidence: Evidence): Phrase {
  const { declaration, claimed } = evidence;
  const signer = shown(declaration?.signer?.address ?? evidence.from ?? "");
  const { noun_key, short_key } = purposePhrases((declaration?.declaration ?? claimed)?.purpose ?? "");
  const signed = { purpose_key: noun_key, signer };
  switch (reason) {
    case "policy-reject":
      return say("sentence_policy_reject", signed);
    case "broken-all":
      return allMailSentence(evidence, "sentence_broken_all");
    case "none-all":
      return allMailSentence(evidence, "sentence_none_all");
    case "invalid-all":
      return allMailSentence(evidence, "sentence_invalid_all");
    case "forged-hop":
      return forgedSentence(evidence);
    case "expired":
      return expiredSentence(evidence, signer);
    case "permerror":
      return permerrorSentence(evidence);
    case "replay":
      return say("sentence_replay", signed);
    case "unchecked-all":
      return say("sentence_unchecked_all", { signer, domain: shown(addressDomain(evidence.from ?? "")) });
    case "no-trust":
      return say("sentence_no_trust", signed);
    case "changed-key":
      return say("sentence_changed_key", signed);
    case "lowered-trust":
      return say("sentence_lowered_trust", signed);
    case "first-key":
      return say("sentence_first_key", signed);
    case "policy-quarantine":
      return say("sentence_policy_quarantine", signed);
    case "policy-tag":
      return say("sentence_policy_tag", signed);
    case "changed-body":
      return say("sentence_changed_body", signed);
    case "revocation-unknown":
      return say("sentence_revocation_unknown", signed);
    case "pass":
      return say("sentence_pass", signed);
    case "no-policy":
      return say("sentence_no_policy", signed);
    case "forwarded":
      return evidence.addressed === true ? say("sentence_forwarded_others", signed) : say("sentence_forwarded", signed);
    case "copy":
      return say("sentence_copy", { signer });
    case "temperror":
      return say("sentence_temperror", { signer });
    case "broken":
      return say("sentence_broken");
    case "none":
    case "way-only":
      return say("sentence_none");
    case "unjudged":
      return say("sentence_unjudged", { short_key });
    case "claimed":
      return say("sentence_claimed", { short_key });
    case "nothing":
      return say("sentence_nothing");
  }
}

/** What to do; null where the level is not bad. */
export function adviceOf(reason: Reason, { hops }: Evidence): Phrase | null {
  switch (reason) {
    case "policy-reject":
      return say("advice_refused");
    case "broken-all":
    case "none-all":
    case "invalid-all":
      return say("advice_broken");
    case "forged-hop":
      return hops.forged.every(({ code }) => code === "hop/unknown-key")
        ? say("advice_forged_key")
        : say("advice_forged");
    case "expired":
      return say("advice_expired");
    case "permerror":
    case "unchecked-all":
      return say("advice_permerror");
    case "replay":
      return say("advice_replay");
    case "no-trust":
    case "changed-key":
    case "lowered-trust":
    case "first-key":
      return say("advice_key");
    case "policy-quarantine":
    case "policy-tag":
      return say("advice_policy");
    case "changed-body":
    case "revocation-unknown":
    case "pass":
    case "no-policy":
    case "forwarded":
    case "copy":
    case "temperror":
    case "broken":
    case "none":
    case "unjudged":
    case "way-only":
    case "claimed":
    case "nothing":
      return null;
  }
}
