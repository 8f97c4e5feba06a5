// The domains a mail's From stands for, however malformed: all of them are asked for `m=all`, so that no trick of syntax
// makes a domain's "all my mail is declared" unheard. Protocol section 1; compare RFC 7489 section 6.6.1.
import { decodeUtf8 } from "../encoding/bytes.ts";
import { asciiDomain, parseMailboxes } from "../header/address.ts";
import type { Mailbox } from "../header/address.ts";
import type { HeaderField } from "../header/field.ts";
import { limits } from "../limits.ts";
import type { FieldIndex } from "./signed-data.ts";

/** More domains in From than this are no mail that anybody reads as from one of them: the first two and the last two are asked. */
const maxDomains = 4;

/** What may be domains is looked at so often from either end: where more stand in plain sight, nobody reads an address. */
const maxLooked = 1_000;

/** What mail programs show as a domain: white space and comments before it are read over, a final dot means nothing. */
const rough = /@(?:[ \t\r\n]|\([^()]{0,998}\)){0,20}([A-Za-z0-9._\u0080-\uffff-]{1,260})/g;

/** What follows each "@" of a text that did not parse. */
function roughDomains(text: string): readonly string[] {
  return Array.from(text.matchAll(rough), ([, domain = ""]) => domain.replace(/\.$/, ""));
}

/** The offset behind the comment or quoted string that begins at `start`; -1: it has no end. */
function asideEnd(text: string, start: number): number {
  const isQuoted = text[start] === '"';
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (character === "\\") index += 1;
    else if (isQuoted) depth += character === '"' ? (index === start ? 1 : -1) : 0;
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    if (depth === 0) return index + 1;
  }
  return -1;
}

/**
 * The text without comments and quoted strings, where any number of other domains can stand that no mail program takes for
 * the address. From one that does not end on it stays as it is.
 */
function withoutAsides(text: string): string {
  const asides = /[("]/g;
  let outside = "";
  let kept = 0;
  for (let found = asides.exec(text); found !== null; found = asides.exec(text)) {
    const end = asideEnd(text, found.index);
    if (end === -1) break;
    outside += text.slice(kept, found.index);
    kept = end;
    asides.lastIndex = end;
  }
  return outside + text.slice(kept);
}

/** What may be the domains of one From value: in plain sight, and anywhere. */
function written(value: string): { readonly plain: readonly string[]; readonly anywhere: readonly string[] } {
  const mailboxes = value.length > limits.ourFieldBytes ? null : parseMailboxes(value);
  const parsed = mailboxes?.ok === true ? mailboxes.value.map(({ domain }) => domain) : [];
  if (parsed.length > 0) return { plain: parsed, anywhere: [] };
  const text = decodeUtf8(value);
  return { plain: roughDomains(withoutAsides(text)), anywhere: roughDomains(text) };
}

/** Adds, as A-labels, the first of them and then the last of them, until there are enough. */
function addOutermost(domains: Set<string>, found: readonly string[]): void {
  const add = (some: readonly string[], enough: number): void => {
    for (const domain of some) {
      if (domains.size >= enough) return;
      const ascii = asciiDomain(domain);
      if (ascii !== null) domains.add(ascii);
    }
  };
  add(found.slice(0, maxLooked), maxDomains / 2);
  add(found.slice(-maxLooked).toReversed(), maxDomains);
}

/** The fields of a name that a mail program may show: with more than these, the first and the last. */
function outermost(positions: readonly number[]): readonly number[] {
  return positions.length <= maxDomains ? positions : [...positions.slice(0, 2), ...positions.slice(-2)];
}

/** The domain of one mailbox, unless it is a domain literal. */
export function dnsDomains(mailbox: Mailbox): readonly string[] {
  return mailbox.domain.startsWith("[") ? [] : [mailbox.domain];
}

/** Domains (A-labels) of all From fields, without repetition. */
export function fromDomains(fields: readonly HeaderField[], index: FieldIndex): readonly string[] {
  const values = outermost(index.get("from") ?? []).map((position) => written(fields[position]?.value ?? ""));
  const domains = new Set<string>();
  addOutermost(
    domains,
    values.flatMap(({ plain }) => plain),
  );
  addOutermost(
    domains,
    values.flatMap(({ anywhere }) => anywhere),
  );
  return [...domains];
}
