// Words for the pages that a bridge serves: the same messages, in the language the browser asks for.
import german from "../_locales/de/messages.json" with { type: "json" };
import english from "../_locales/en/messages.json" with { type: "json" };
import { messagesLookup } from "./messages.ts";
import type { MessageFile } from "./messages.ts";
import { createWords } from "./translate.ts";
import type { Words } from "./translate.ts";

const files: Readonly<Record<string, MessageFile>> = { en: english, de: german };

/** The first of `languages` (navigator.languages) that there are messages for; English else. */
export function pageWords(languages: readonly string[]): Words {
  const language = languages.find((tag) => Object.hasOwn(files, tag.split("-")[0] ?? "")) ?? "en";
  const file = files[language.split("-")[0] ?? ""] ?? english;
  return createWords(messagesLookup(file, english), language);
}
