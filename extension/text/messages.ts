// Messages of _locales read without the browser's help: for the pages that live outside an extension, and for tests.
import type { Lookup } from "./translate.ts";

/** One entry of messages.json, as browsers define it. */
export interface MessageEntry {
  readonly message: string;
  readonly description?: string;
  readonly placeholders?: Readonly<Record<string, { readonly content: string }>>;
}

export type MessageFile = Readonly<Record<string, MessageEntry>>;

function fillPlaceholders(entry: MessageEntry, substitutions: readonly string[]): string {
  return entry.message.replace(/\$\$|\$([A-Za-z0-9_@]+)\$/g, (whole, name: string | undefined) => {
    if (name === undefined) return "$";
    const content = entry.placeholders?.[name.toLowerCase()]?.content;
    if (content === undefined) return whole;
    return content.replace(/\$(\d)/g, (_, digit: string) => substitutions[Number(digit) - 1] ?? "");
  });
}

/** Looks in the first file that has the key: the reader's language, then English. */
export function messagesLookup(...files: readonly MessageFile[]): Lookup {
  return (key, substitutions) => {
    for (const file of files) {
      const entry = Object.hasOwn(file, key) ? file[key] : undefined;
      if (entry !== undefined) return fillPlaceholders(entry, substitutions);
    }
    return "";
  };
}
