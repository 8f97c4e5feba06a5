// The domains a mail's From stands for, however malformed: all of them are asked for `m=all`, so that no trick of syntax
// makes a domain's "all my mail is declared" unheard. Protocol section 1; compare RFC 7489 section 6.6.1.
import { asciiDomain, parseMailboxes } from "../header/address.ts";
import type { Mailbox } from "../header/address.ts";
import type { HeaderField } from "../header/field.ts";
import type { FieldIndex } from "./signed-data.ts";

/** More domains in From than this are no mail that anybody reads as from one of them. */
const maxDomains = 4;

/** What follows each "@" of a text that did not parse. */
function roughDomains(value: string): readonly string[] {
  return value
    .split("@", maxDomains + 1)
    .slice(1)
    .map((rest) => /^[A-Za-z0-9._-]+/.exec(rest)?.[0] ?? "");
}

/** The domain of one mailbox, unless it is a domain literal. */
export function dnsDomains(mailbox: Mailbox): readonly string[] {
  return mailbox.domain.startsWith("[") ? [] : [mailbox.domain];
}

/** Domains (A-labels) of all From fields, in order, without repetition. */
export function fromDomains(fields: readonly HeaderField[], index: FieldIndex): readonly string[] {
  const domains = new Set<string>();
  for (const position of (index.get("from") ?? []).slice(0, maxDomains)) {
    const value = fields[position]?.value ?? "";
    const mailboxes = parseMailboxes(value);
    const found = mailboxes.ok ? mailboxes.value.map((mailbox) => mailbox.domain) : roughDomains(value);
    for (const domain of found) {
      const ascii = asciiDomain(domain);
      if (ascii !== null && domains.size < maxDomains) {
        domains.add(ascii);
      }
    }
  }
  return [...domains];
}
