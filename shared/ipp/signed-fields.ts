// Which fields of a mail a declaration's signature covers: those that it has to, and what `h` says. Protocol section 3.
import { withoutWhitespace } from "../encoding/base64.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";

/** Fields that are signed and oversigned, present or not (protocol section 3). Lower case, in the order they are signed. */
export const requiredFields = [
  "from",
  "sender",
  "to",
  "cc",
  "reply-to",
  "subject",
  "date",
  "message-id",
  "mime-version",
  "content-type",
  "content-transfer-encoding",
  "ipp-purpose",
] as const;

/**
 * Fields that are signed when present, not oversigned, so that a list may add its own. Beyond the starting design the
 * one-click unsubscribe is one of them: RFC 8058 section 4 wants it signed, and the panel offers it.
 */
export const optionalFields = ["list-id", "list-unsubscribe", "list-unsubscribe-post"] as const;

/**
 * Fields that are signed as often as the mail has them, and that nobody may add: what they say decides where an answer or a
 * receipt goes and how the whole mail is shown, its relative links (RFC 2110 section 4, RFC 2557 section 4) and, in
 * Thunderbird, the place of its attachment included. Not oversigned, as most mail has none of them and their names would
 * stand in every `h`.
 */
export const coveredFields = [
  "content-disposition",
  "content-base",
  "content-location",
  "x-mozilla-external-attachment-url",
  "mail-reply-to",
  "mail-followup-to",
  "disposition-notification-to",
  "return-receipt-to",
] as const;

// RFC 5322 section 3.6.8's ftext, lower-cased.
const fieldNames = /^[!-9;-@[-~]+(?::[!-9;-@[-~]+)*$/;
/** Names in `h`: the required ones, oversigned, and room. */
const maxSignedFields = 200;

/**
 * Values of `h` read before: a signer's software writes the same into each mail, and what it means is the same array then.
 * Whoever sends mail fills it, so it is emptied where it is full.
 */
const readBefore = new Map<string, readonly string[]>();
const readBeforeEntries = 64;
const readBeforeUnits = 1_000;

/** Reads `h`: lower case, in order. Codes: ipp/signature-syntax, ipp/not-signed. */
export function parseSignedFields(value: string | undefined): Result<readonly string[]> {
  const before = readBefore.get(value ?? "");
  if (before !== undefined) {
    return ok(before);
  }
  const read = readSignedFields(value);
  if (read.ok && value !== undefined && value.length <= readBeforeUnits) {
    if (readBefore.size >= readBeforeEntries) {
      readBefore.clear();
    }
    readBefore.set(value, read.value);
  }
  return read;
}

function readSignedFields(value: string | undefined): Result<readonly string[]> {
  const text = withoutWhitespace(value ?? "").toLowerCase();
  if (!fieldNames.test(text)) {
    return perm("ipp/signature-syntax", "h: field names");
  }
  const names = text.split(":", maxSignedFields + 1);
  if (names.length > maxSignedFields || names.includes("ipp-signature")) {
    return perm("ipp/signature-syntax", "h: at most 200 names, not the signature's own");
  }
  const missing = requiredFields.find((name) => !names.includes(name));
  return missing === undefined ? ok(names) : perm("ipp/not-signed", `h does not name ${missing}`);
}
