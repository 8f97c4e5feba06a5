// Whether a mail's CFBL-Address may be followed: RFC 9477 section 3.1 wants it, and CFBL-Feedback-ID where there is one,
// signed by DKIM for the From domain, and for its own domain where that is another one. DKIM itself is not checked here:
// our own Authentication-Results say which signatures passed, and `h=` of a signature that passed says what it covers
// (RFC 6376 section 3.5). Which field a result speaks of must be beyond doubt: it names domain, selector and the start of
// the signature (RFC 6008), and no other DKIM-Signature of the mail fits. What is not clear is not followed.
// Other than written: of section 3.1.3 the case of mail that was signed before its sender's provider added the field is
// not followed, as anybody who passes such a mail on could name himself.
import { sameAuthservId } from "../authres/checks.ts";
import { parseAuthenticationResults } from "../authres/parse.ts";
import type { AuthenticationMethod } from "../authres/types.ts";
import { asciiDomain } from "../header/address.ts";
import { type HeaderField, plainName } from "../header/field.ts";
import { parseTagList } from "../header/taglist.ts";
import { parseFeedbackAddress, parseFeedbackId } from "./parse.ts";

/** Where a complaint about one mail goes beside the report, as the mail's sender signed it. */
export interface FeedbackLoop {
  readonly address: string;
  /** CFBL-Feedback-ID; null: the mail has none. */
  readonly id: string | null;
}

/** A DKIM-Signature, as far as it matters here. */
interface DkimSignature {
  readonly domain: string;
  readonly selector: string;
  /** `b`, without white space. */
  readonly signature: string;
  /** Names in `h`, lower case. */
  readonly covers: ReadonlySet<string>;
}

/** RFC 6008 section 4: so much of `b` at least. */
const leastSignature = 8;

function named(fields: readonly HeaderField[], name: string): readonly HeaderField[] {
  return fields.filter((field) => plainName(field.name) === name);
}

function readSignature(value: string): DkimSignature | null {
  const tags = parseTagList(value);
  if (!tags.ok) return null;
  const [d = "", s = "", b = "", h = ""] = ["d", "s", "b", "h"].map((name) => tags.value.get(name));
  const domain = asciiDomain(d);
  const covers = new Set(h.split(":").map((name) => name.trim().toLowerCase()));
  return domain === null ? null : { domain, selector: s.toLowerCase(), signature: b.replaceAll(/\s+/g, ""), covers };
}

/** Whether a result may be about this signature. */
function fits({ properties }: AuthenticationMethod, { domain, selector, signature }: DkimSignature): boolean {
  const said = (name: string): string | null =>
    properties.find((property) => property.type === "header" && property.name === name)?.value ?? null;
  const [d, s, b] = [said("d"), said("s"), said("b")];
  if (d === null || asciiDomain(d) !== domain) return false;
  if (s !== null && s.toLowerCase() !== selector) return false;
  return b === null || b.length < leastSignature || signature.startsWith(b);
}

/** The signatures that passed, by our own results: each the only one that its results can be about. */
function passed(fields: readonly HeaderField[], authservId: string): readonly DkimSignature[] {
  const read = named(fields, "dkim-signature").map(({ value }) => readSignature(value));
  const signatures = read.filter((signature) => signature !== null);
  // A result may be about one that only its writer could read.
  if (signatures.length < read.length) return [];
  const results = named(fields, "authentication-results").flatMap(({ value }) => {
    const parsed = parseAuthenticationResults(value);
    const ours = parsed.ok && parsed.value.version === 1 && sameAuthservId(parsed.value.authservId, authservId);
    return ours ? parsed.value.results.filter(({ method, version }) => method === "dkim" && version === 1) : [];
  });
  return signatures.filter((signature) => {
    const about = results.filter((result) => fits(result, signature));
    const alone = about.every((result) => signatures.filter((other) => fits(result, other)).length === 1);
    return about.length > 0 && alone && about.every(({ result }) => result === "pass");
  });
}

/** Whether `domain` is `parent` or below it. */
function isWithin(domain: string, parent: string): boolean {
  return domain === parent || (parent.includes(".") && domain.endsWith(`.${parent}`));
}

/**
 * The feedback loop that the mail's sender asks for; null where there is none that may be followed. `authservId`: who alone
 * writes our Authentication-Results into these fields; `fromDomain`: of the single From, lower-case A-labels.
 */
export function feedbackLoop(
  fields: readonly HeaderField[],
  authservId: string,
  fromDomain: string,
): FeedbackLoop | null {
  const addresses = named(fields, "cfbl-address");
  const ids = named(fields, "cfbl-feedback-id");
  // Of several the first counts (section 3.2), which anybody may have put above the signed one.
  const [address] = addresses;
  if (address === undefined || addresses.length > 1 || ids.length > 1) return null;
  const loop = parseFeedbackAddress(address.value);
  if (!loop.ok) return null;
  const [idField] = ids;
  const id = idField === undefined ? null : parseFeedbackId(idField.value);
  if (id?.ok === false) return null;
  const needed = ["cfbl-address", ...(id === null ? [] : ["cfbl-feedback-id"])];
  const covering = passed(fields, authservId).filter(({ covers }) => needed.every((name) => covers.has(name)));
  const author = covering.some(({ domain }) => isWithin(fromDomain, domain));
  const ownDomain = isWithin(loop.value.domain, fromDomain);
  const agreed = ownDomain || covering.some(({ domain }) => domain === loop.value.domain);
  return author && agreed ? { address: loop.value.address, id: id === null ? null : id.value } : null;
}
