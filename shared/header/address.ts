// Mailboxes of From, To, Cc. RFC 5322 section 3.4 (with the obsolete route of 4.4 read and dropped), RFC 6532 (UTF-8).
// Domains come out as lower-case A-labels, local parts as Unicode text, unquoted where quoting was not needed.
import { decodeUtf8, decodeUtf8Strict, isAscii } from "../encoding/bytes.ts";
import { limits } from "../limits.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
import { scanAddressTokens } from "./address-tokens.ts";
import type { AddressToken } from "./address-tokens.ts";

/** One mailbox, ready to be compared: two spellings of the same mailbox give equal addresses. */
export interface Mailbox {
  /** `localPart` (quoted where it must be) + "@" + `domain`. Unicode text. */
  readonly address: string;
  /** What the local part means: without quotes and escapes. Case is kept. */
  readonly localPart: string;
  /** Lower-case A-labels ("xn--…"), or a domain literal in brackets. */
  readonly domain: string;
  /** As written (encoded words not decoded), or "". Hostile: for showing only. */
  readonly displayName: string;
}

/** RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.2. */
const maxLocalOctets = 64;
const maxDomainCharacters = 253;
/** Mailboxes read from one field value. */
const maxMailboxes = 1_000;

const atom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+$/;
/** Labels of at most 63 letters, digits, hyphens inside, and underscores (as in `_ipp`), joined by dots. */
const asciiLabels = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** A host name as lower-case A-labels (RFC 5890), or null where it is none. Trailing dots are none. */
export function asciiDomain(domain: string): string | null {
  const plain = asciiLower(domain);
  const ascii = isAscii(plain) ? plain : toAsciiLabels(plain);
  return ascii !== null && ascii.length <= maxDomainCharacters && asciiLabels.test(ascii) ? ascii : null;
}

/** UTS 46 by the platform's URL parser. Only letters, digits, hyphens, dots and non-ASCII get there: no URL syntax. */
function toAsciiLabels(domain: string): string | null {
  if (!/^[a-z0-9_.\u0080-\u{10ffff}-]+$/u.test(domain)) {
    return null;
  }
  const url = `http://${domain}/`;
  return URL.canParse(url) ? new URL(url).hostname : null;
}

/** A-Z lowered, nothing else touched: what "case-insensitive" means in mail (RFC 5321 section 2.3.11, RFC 4343). */
export function asciiLower(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}

/** The local part as it is written in an address: quoted where it is not a dot-atom (RFC 5322 section 3.4.1). */
export function formatLocalPart(localPart: string): string {
  return localPart.split(".").every((part) => atom.test(part))
    ? localPart
    : `"${localPart.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** The domain after the last "@" of an address, lower-cased; "" where there is none. */
export function addressDomain(address: string): string {
  const at = address.lastIndexOf("@");
  return at < 0 ? "" : asciiLower(address.slice(at + 1));
}

/** An address that somebody wrote, its domain as lower-case A-labels; what is no domain only in lower case. */
export function withAsciiDomain(address: string): string {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  return address.slice(0, at + 1) + (asciiDomain(domain) ?? asciiLower(domain));
}

/** A dot-atom of ASCII, "@", and what may be a host name: nearly every address. */
const plainAddress = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9_.-]+$/;

/** What the tokens of a plain address would come to; null: they have to be looked at. */
function plainMailbox(address: string): Mailbox | null {
  if (!plainAddress.test(address)) {
    return null;
  }
  const at = address.indexOf("@");
  const domain = asciiDomain(address.slice(at + 1));
  const localPart = address.slice(0, at);
  return domain === null || at > maxLocalOctets
    ? null
    : { address: `${localPart}@${domain}`, localPart, domain, displayName: "" };
}

/** An address taken apart: an addr-spec as it stands in an envelope or a tag (no display name, no brackets). */
export function parseAddress(address: string): Result<Mailbox> {
  if (address.length > 1_000) {
    return perm("address/too-long", "longer than any address");
  }
  const plain = plainMailbox(address);
  if (plain !== null) {
    return ok(plain);
  }
  const tokens = scanAddressTokens(address);
  return tokens.ok ? mailboxOf(tokens.value, "") : tokens;
}

function octets(text: string): number {
  let count = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    count += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return count;
}

/** addr-spec: words joined by dots, "@", a domain or domain literal. */
function mailboxOf(tokens: readonly AddressToken[], displayName: string): Result<Mailbox> {
  const at = tokens.findIndex((token) => token.kind === "@");
  if (at <= 0) {
    return perm("address/syntax", "no local part and domain");
  }
  const localPart = dotted(tokens.slice(0, at), true);
  const last = tokens[at + 1];
  const domain =
    last?.kind === "literal" && tokens.length === at + 2 ? literalOf(last.text) : domainOf(tokens.slice(at + 1));
  if (localPart === null || localPart === "" || octets(localPart) > maxLocalOctets || domain === null) {
    return perm("address/syntax", "a malformed local part or domain");
  }
  return ok({ address: `${formatLocalPart(localPart)}@${domain}`, localPart, domain, displayName });
}

function literalOf(text: string): string | null {
  return text.length <= maxDomainCharacters ? asciiLower(text) : null;
}

function domainOf(tokens: readonly AddressToken[]): string | null {
  const text = dotted(tokens, false);
  return text === null ? null : asciiDomain(text);
}

/** Words with single dots between them (RFC 5322 sections 3.4.1 and 4.4: CFWS around the dots is gone already). */
function dotted(tokens: readonly AddressToken[], quoted: boolean): string | null {
  let text = "";
  let word = false;
  for (const token of tokens) {
    if (token.kind === ".") {
      if (!word) {
        return null;
      }
      text += ".";
      word = false;
    } else if (!word && (token.kind === "atom" || (quoted && token.kind === "quoted"))) {
      text += token.text;
      word = true;
    } else {
      return null;
    }
  }
  return word ? text : null;
}

function displayNameOf(tokens: readonly AddressToken[]): string {
  return tokens
    .map((token) => token.text)
    .join(" ")
    .replaceAll(" .", ".");
}

/** name-addr or addr-spec. The tokens of one list element, no commas and no group syntax. */
function elementOf(tokens: readonly AddressToken[]): Result<Mailbox> {
  const open = tokens.findIndex((token) => token.kind === "<");
  if (open < 0) {
    return mailboxOf(tokens, "");
  }
  const inside = tokens.slice(open + 1, -1);
  const close = tokens.findIndex((token) => token.kind === ">");
  const phrase = tokens.slice(0, open);
  // "a@b.example <c@d.example>" is no phrase by the grammar, but real mail; what counts stands in the brackets.
  if (close !== tokens.length - 1 || inside.some((token) => token.kind === "<")) {
    return perm("address/syntax", "misplaced angle brackets");
  }
  // RFC 5322 section 4.4: "<@a,@b:user@host>", a source route, is read as user@host. Commas ended the element before.
  return mailboxOf(inside, displayNameOf(phrase));
}

interface Elements {
  readonly elements: readonly (readonly AddressToken[])[];
  /** There is a group, be it an empty one. */
  readonly grouped: boolean;
}

/** Cuts a list at its commas, and takes groups apart (RFC 5322 section 3.4: "name: a@b, c@d;"). */
function cutList(tokens: readonly AddressToken[]): Result<Elements> {
  const found: (readonly AddressToken[])[] = [];
  let current: AddressToken[] = [];
  let group = false;
  let grouped = false;
  let bracket = false;
  for (const token of tokens) {
    if (token.kind === "<" || token.kind === ">") {
      bracket = token.kind === "<";
    }
    if (token.kind === ":" && !bracket && !group) {
      group = true;
      grouped = true;
      current = [];
    } else if (token.kind === ";" && !bracket && group) {
      group = false;
      found.push(current);
      current = [];
    } else if (token.kind === "," && !bracket) {
      found.push(current);
      current = [];
    } else {
      current.push(token);
    }
  }
  if (group || bracket) {
    return perm("address/syntax", "an unfinished group or bracket");
  }
  found.push(current);
  // RFC 5322 section 4.4: empty list elements (", ,") are read and dropped.
  return ok({ elements: found.filter((element) => element.length > 0), grouped });
}

interface MailboxList {
  readonly mailboxes: readonly Mailbox[];
  readonly grouped: boolean;
}

function readList(value: string): Result<MailboxList> {
  const text = decodeUtf8Strict(value);
  if (text === null) {
    return perm("address/encoding", `not UTF-8: ${decodeUtf8(value).slice(0, 80)}`);
  }
  const tokens = scanAddressTokens(text);
  if (!tokens.ok) {
    return tokens;
  }
  const parts = cutList(tokens.value);
  if (!parts.ok) {
    return parts;
  }
  if (parts.value.elements.length > maxMailboxes) {
    return perm("address/too-many", `more than ${maxMailboxes} mailboxes`);
  }
  const mailboxes: Mailbox[] = [];
  for (const part of parts.value.elements) {
    const mailbox = elementOf(part);
    if (!mailbox.ok) {
      return mailbox;
    }
    mailboxes.push(mailbox.value);
  }
  return ok({ mailboxes, grouped: parts.value.grouped });
}

/**
 * All mailboxes of a From, To, Cc or similar value (a byte string, folding included), groups opened. An empty group
 * gives none. Fails with address/syntax, address/encoding (not UTF-8) or address/too-many.
 */
export function parseMailboxes(value: string): Result<readonly Mailbox[]> {
  const list = readList(value);
  return list.ok ? ok(list.value.mailboxes) : list;
}

/**
 * The one mailbox of a From value. Fails as parseMailboxes does, and with address/not-single: for a group (RFC 6854) too,
 * as its name, which may look like an address, is what some mail programs show.
 */
export function parseSingleMailbox(value: string): Result<Mailbox> {
  if (value.length > limits.ourFieldBytes) {
    return perm("address/too-long", "longer than any single mailbox");
  }
  const list = readList(value);
  if (!list.ok) {
    return list;
  }
  const { mailboxes, grouped } = list.value;
  const [mailbox] = mailboxes;
  return mailbox === undefined || mailboxes.length > 1 || grouped
    ? perm("address/not-single", `${mailboxes.length} mailboxes${grouped ? " and a group" : ""}`)
    : ok(mailbox);
}
