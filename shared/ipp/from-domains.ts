// The domains a mail's From stands for, however malformed: all of them are asked for `m=all`, so that no trick of syntax
// makes a domain's "all my mail is declared" unheard. Protocol section 1; compare RFC 7489 section 6.6.1.
import { decodeUtf8 } from "../encoding/bytes.ts";
import { asciiDomain, parseMailboxes } from "../header/address.ts";
import type { Mailbox } from "../header/address.ts";
import type { HeaderField } from "../header/field.ts";
import { limits } from "../limits.ts";
import type { FieldIndex } from "./signed-data.ts";

/** More domains in From than this are no mail that anybody reads as from one of them. */
const maxDomains = 4;

/** What mail programs show as a domain: white space and comments before it are read over, a final dot means nothing. */
const rough = /^(?:[ \t\r\n]|\([^()]{0,998}\)){0,20}([A-Za-z0-9._\u0080-\uffff-]{1,260})/;

/** What follows each "@" of a text that did not parse. */
function roughDomains(value: string): readonly string[] {
  return decodeUtf8(value)
    .split("@", maxDomains + 1)
    .slice(1)
    .map((rest) => rough.exec(rest)?.[1]?.replace(/\.$/, "") ?? "");
}

/** The fields of a name that a mail program may show: with more than these, the first and the last. */
function outermost(positions: readonly number[]): readonly number[] {
  return positions.length <= maxDomains ? positions : [...positions.slice(0, 2), ...positions.slice(-2)];
}

/** The domain of one mailbox, unless it is a domain literal. */
export function dnsDomains(mailbox: Mailbox): readonly string[] {
  return mailbox.domain.startsWith("[") ? [] : [mailbox.domain];
}

/** Domains (A-labels) of all From fields, in order, without repetition. */
export function fromDomains(fields: readonly HeaderField[], index: FieldIndex): readonly string[] {
  const domains = new Set<string>();
  for (const position of outermost(index.get("from") ?? [])) {
    const value = (fields[position]?.value ?? "").slice(0, limits.ourFieldBytes);
    const mailboxes = parseMailboxes(value);
    const parsed = mailboxes.ok ? mailboxes.value.map((mailbox) => mailbox.domain) : [];
    const found = parsed.length > 0 ? parsed : roughDomains(value);
    for (const domain of found) {
      const ascii = asciiDomain(domain);
      if (ascii !== null && domains.size < maxDomains) {
        domains.add(ascii);
      }
    }
  }
  return [...domains];
}
