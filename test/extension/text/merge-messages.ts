// Puts texts into extension/_locales without touching the others' keys, and keeps the files in one form: keys sorted,
// placeholders derived from the text and numbered alphabetically.
//   node test/extension/text/merge-messages.ts FILE.json   with {"en": {key: "text with $NAME$"}, "de": {…}}; null removes
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MessageEntry, MessageFile } from "../../../extension/text/messages.ts";

export const locales = ["en", "de"] as const;
export type Locale = (typeof locales)[number];

const path = (locale: Locale): string =>
  join(import.meta.dirname, "..", "..", "..", "extension", "_locales", locale, "messages.json");

/** One locale's messages as they stand in the tree. */
export function readMessages(locale: Locale): MessageFile {
  return JSON.parse(readFileSync(path(locale), "utf8")) as MessageFile;
}

/** The entry of one text: its `$NAME$` placeholders numbered in alphabetical order. */
export function entryOf(message: string): MessageEntry {
  const names = [...new Set([...message.matchAll(/\$([A-Z0-9_]+)\$/g)].map((match) => (match[1] ?? "").toLowerCase()))];
  if (names.length === 0) return { message };
  const numbered = names.toSorted().map((name, index) => [name, { content: `$${index + 1}` }] as const);
  return { message, placeholders: Object.fromEntries(numbered) };
}

/** `file` with the given texts in place; null removes a key. */
export function mergeMessages(file: MessageFile, texts: Readonly<Record<string, string | null>>): MessageFile {
  const merged: Record<string, MessageEntry> = { ...file };
  for (const [key, text] of Object.entries(texts)) {
    if (text === null) delete merged[key];
    else merged[key] = entryOf(text);
  }
  return Object.fromEntries(Object.entries(merged).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The file's one form on disk. */
export function formatMessages(file: MessageFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

if (import.meta.main) {
  const given = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Partial<
    Record<Locale, Record<string, string | null>>
  >;
  for (const locale of locales)
    writeFileSync(path(locale), formatMessages(mergeMessages(readMessages(locale), given[locale] ?? {})));
}
