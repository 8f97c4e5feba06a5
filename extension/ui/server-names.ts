// Names of the mail servers whose checks the reader wants to see, as he types them.
import type { Phrase } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";

/** Names one mailbox may have: a provider has a few. */
const maxNames = 20;

/** Whether these may be authserv-ids (RFC 8601 section 2.5) of a mailbox: names of hosts, and not too many. */
export function areServerNames(names: readonly unknown[]): names is readonly string[] {
  return names.length <= maxNames && names.every(isServerName);
}

function isServerName(name: unknown): name is string {
  return typeof name === "string" && /^[a-z0-9._-]{1,253}$/i.test(name);
}

/** Names between spaces, commas or semicolons. `problem`: why they can't be kept, or null. */
export function readServerNames(text: string): { readonly names: readonly string[]; readonly problem: Phrase | null } {
  const names = [...new Set(text.split(/[\s,;]+/).filter((name) => name !== ""))];
  const wrong = names.filter((name) => !isServerName(name));
  if (wrong.length > 0) return { names, problem: phrase("settings_trusted_wrong", { names: wrong.join(" ") }) };
  const isTooMany = names.length > maxNames;
  return { names, problem: isTooMany ? phrase("settings_trusted_many", { count: String(maxNames) }) : null };
}
