// The registries of the declaration protocol, each in one table; docs/protocol.md renders them from here.
// All are open: a value that is not listed is kept and shown as written, and no rule of a reader matches it by accident.
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";

/** One registered value and its meaning in one sentence. */
export interface RegistryEntry {
  readonly value: string;
  readonly meaning: string;
}

/** First labels of `p`: what kind of mail. */
export const purposes = [
  { value: "personal", meaning: "One person writes to another, or to a few, in their own words." },
  {
    value: "transactional",
    meaning: "Part of something the recipient ordered or agreed to: order, invoice, delivery, booking.",
  },
  { value: "account", meaning: "About the recipient's own account: sign-in, password, change of terms." },
  { value: "notification", meaning: "Something happened that the recipient follows or has asked to be told." },
  { value: "discussion", meaning: "A contribution to a mailing list or group the recipient is a member of." },
  { value: "newsletter", meaning: "A periodical the recipient subscribed to." },
  { value: "marketing", meaning: "Advertises goods or services, or asks for donations." },
  { value: "political", meaning: "Asks for support of a party, candidate, petition or cause." },
  { value: "automated", meaning: "A program's answer or record: vacation notice, build result, sensor reading." },
  { value: "report", meaning: "About mail itself: delivery status, DMARC, TLS and abuse reports." },
] as const satisfies readonly RegistryEntry[];

/** `cls`: for whom it was written. */
export const classifications = [
  { value: "individual", meaning: "Written or generated for this recipient; its contents concern nobody else." },
  { value: "group", meaning: "For a closed group whose members know of each other." },
  { value: "bulk", meaning: "The same, or almost the same, for many." },
] as const satisfies readonly RegistryEntry[];

/** `consent`: why the sender thinks it may be sent. */
export const consents = [
  { value: "relationship", meaning: "An existing relation: customer, colleague, member, correspondent." },
  { value: "requested", meaning: "The recipient asked for this very mail." },
  { value: "optin", meaning: "The recipient subscribed." },
  { value: "confirmed", meaning: "The recipient subscribed and confirmed by mail." },
  { value: "legal", meaning: "A law obliges the sender to send it." },
  { value: "none", meaning: "No consent is claimed." },
] as const satisfies readonly RegistryEntry[];

/** Last path segment of a report's URL: what the reader says about the declaration. */
export const complaintCodes = [
  { value: "misrepresented", meaning: "It is not what it says it is; `actual` may name what it really is." },
  { value: "unsolicited", meaning: "It is what it says, but the reader never agreed to get it." },
  { value: "phishing", meaning: "It tries to get passwords, money or data by deceit." },
  { value: "malware", meaning: "It carries or links to harmful software." },
  { value: "wrong-recipient", meaning: "It was meant for somebody else." },
] as const satisfies readonly RegistryEntry[];
export type ComplaintCode = (typeof complaintCodes)[number]["value"];

/** Tags of IPP-Purpose this version understands: what `crit` may name. */
export const declarationTags: ReadonlySet<string> = new Set(["v", "p", "cls", "consent", "crit"]);

/** A purpose taken apart. */
export interface Purpose {
  /** "transactional.invoice". */
  readonly value: string;
  /** "transactional". */
  readonly first: string;
  /** Whether the first label is in the registry. */
  readonly known: boolean;
}

/** Longest purpose, characters, and most labels. */
const maxPurposeCharacters = 64;
const maxPurposeLabels = 4;
const label = /^[a-z][a-z0-9-]*$/;

/** A registry word: what cls, consent and one label of a purpose look like. */
export function isRegistryWord(text: string): boolean {
  return text.length <= maxPurposeCharacters && label.test(text);
}

/** Reads a purpose: lower-case labels joined by dots. Fails with ipp/purpose. */
export function parsePurpose(text: string): Result<Purpose> {
  const labels = text.split(".", maxPurposeLabels + 1);
  const [first] = labels;
  if (
    first === undefined ||
    text.length > maxPurposeCharacters ||
    labels.length > maxPurposeLabels ||
    !labels.every((part) => label.test(part))
  ) {
    return perm("ipp/purpose", "not one to four lower-case labels joined by dots");
  }
  return ok({ value: text, first, known: purposes.some((entry) => entry.value === first) });
}
