// A declaration in words: its purpose as a noun, for whom, and why it may be sent. The registries are open
// (shared/ipp/registry.ts); what has no words here is shown as written.
import type { Declaration } from "../ipp/types.ts";
import { phraseKey, say } from "./phrases.ts";
import { shown } from "./shown.ts";
import type { Phrase } from "./types.ts";

/** Keys of a purpose's words: "An invoice" and "Invoice". */
export interface PurposePhrases {
  readonly noun_key: string;
  readonly short_key: string;
  /** Whether the words are of this very purpose, and not of what it belongs to. */
  readonly exact: boolean;
}

/** Words for the purpose, or for the longest beginning of it that has some. */
export function purposePhrases(purpose: string): PurposePhrases {
  const labels = purpose.split(".", 4);
  for (let count = labels.length; count > 0; count -= 1) {
    const noun = phraseKey(`purpose_${labels.slice(0, count).join("_")}`);
    const short = noun === null || noun.endsWith("_short") ? null : phraseKey(`${noun}_short`);
    if (noun !== null && short !== null) return { noun_key: noun, short_key: short, exact: count === labels.length };
  }
  return { noun_key: "purpose_other", short_key: "purpose_other_short", exact: false };
}

/** The declaration in one line: "Invoice; to you alone; you have to do with the sender". */
export function declarationPhrase({ purpose, classification, consent }: Declaration): Phrase {
  const { noun_key, short_key } = purposePhrases(purpose);
  if (noun_key === "purpose_other") return say("value_purpose_unknown", { purpose: shown(purpose) });
  const class_key = phraseKey(`value_class_${classification ?? ""}`);
  const consent_key = phraseKey(`value_consent_${consent ?? ""}`);
  if (class_key === null) {
    return consent_key === null
      ? say("value_purpose", { short_key })
      : say("value_purpose_consent", { short_key, consent_key });
  }
  return consent_key === null
    ? say("value_purpose_class", { short_key, class_key })
    : say("value_purpose_class_consent", { short_key, class_key, consent_key });
}
