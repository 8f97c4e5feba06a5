// What a person reads: phrases put into words of _locales, as the panel does it.
import { messagesLookup } from "../../../extension/text/messages.ts";
import { createWords } from "../../../extension/text/translate.ts";
import type { Phrase } from "../../../shared/verdict/types.ts";
import { readMessages, type Locale } from "../../extension/text/merge-messages.ts";

const words = {
  en: createWords(messagesLookup(readMessages("en")), "en-GB", "UTC"),
  de: createWords(messagesLookup(readMessages("de")), "de", "UTC"),
};

/** A phrase in one language; dates in UTC. */
export function spoken(phrase: Phrase, locale: Locale = "en"): string {
  return words[locale].t(phrase);
}
