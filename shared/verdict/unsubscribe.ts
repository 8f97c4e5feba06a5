// One-click unsubscribe as a mail offers it. RFC 8058 section 3.1, RFC 2369 section 3.2.
import type { HeaderField } from "../header/field.ts";

/** Longest URL that is offered, characters. */
const maxUrl = 2_048;

function only(fields: readonly HeaderField[], name: string): string | null {
  const found = fields.filter((field) => field.name.toLowerCase() === name);
  return found.length === 1 ? (found[0]?.value ?? null) : null;
}

/** The https URL to POST to, or null: both fields once, "List-Unsubscribe=One-Click", an https URL without credentials. */
export function oneClickUrl(fields: readonly HeaderField[]): string | null {
  const post = only(fields, "list-unsubscribe-post")?.replaceAll(/\s+/g, "").toLowerCase();
  const offered = only(fields, "list-unsubscribe");
  if (post !== "list-unsubscribe=one-click" || offered === null) return null;
  for (const [, written = ""] of offered.slice(0, 4 * maxUrl).matchAll(/<([^<>]*)>/g)) {
    const text = written.replaceAll(/\s+/g, "");
    if (!/^https:\/\//i.test(text) || text.length > maxUrl || !/^[!-~]+$/.test(text) || !URL.canParse(text)) continue;
    const url = new URL(text);
    if (url.username === "" && url.password === "") return url.href;
  }
  return null;
}
