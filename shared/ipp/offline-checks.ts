// What a signature has to fulfil that can be told from the mail alone: the header's form, From, times, the fields it covers,
// the body. Nobody is asked anything for a mail that fails here.
import { equalBytes } from "../encoding/bytes.ts";
import type { HeaderField } from "../header/field.ts";
import { isOneHeader } from "../header/header-form.ts";
import { limits } from "../limits.ts";
import type { Claims } from "./claims.ts";
import { coveredFields, requiredFields, type Signature } from "./signature.ts";
import { countNames, type FieldIndex } from "./signed-data.ts";
import { stop, type Stop } from "./stop.ts";

/** The mail, as far as it is looked at here; see DeclarationInput. */
interface OfflineInput {
  readonly fields: readonly HeaderField[];
  readonly bodyHash: Uint8Array;
  readonly hidesPartEnds: boolean;
  readonly now: number;
}

/** What two programs would read as two headers can't be said to be signed: which of them would be meant? */
function formStop(fields: readonly HeaderField[]): Stop | null {
  return isOneHeader(fields) ? null : stop("permerror", "ipp/header-form", "a stray CR, LF or NUL in the header");
}

/** `i` is the single mailbox of the single From. A list that rewrites From and says so in List-Id has broken it only. */
function fromStop(claims: Claims, signature: Signature, index: FieldIndex): Stop | null {
  if (claims.from === null) {
    return stop("permerror", "ipp/from-not-single", "From is missing, malformed, or not one mailbox");
  }
  if (claims.from.address === signature.address) {
    return null;
  }
  return stop(index.has("list-id") ? "broken" : "permerror", "ipp/from", "i is not the mailbox of From");
}

function timeStop(signature: Signature, now: number): Stop | null {
  if (signature.signedAt > now + limits.skewSeconds) {
    return stop("permerror", "ipp/future", "signed in the future");
  }
  return signature.expiresAt < now ? stop("expired", "ipp/expired", "x has passed") : null;
}

/**
 * Oversigning (RFC 6376 section 5.4.2): a required name stands in `h` once more than the mail has it, any other signed
 * name, and those that nobody may add, at least as often. Who adds an instance, or did not oversign, leaves something
 * unsigned: the mail isn't what was signed, which lists do, so `broken`.
 */
function instanceStop(signature: Signature, index: FieldIndex): Stop | null {
  const counts = countNames(signature.signedFields);
  for (const name of new Set([...coveredFields, ...counts.keys()])) {
    const count = counts.get(name) ?? 0;
    const present = index.get(name)?.length ?? 0;
    if (present + (oversigned.has(name) ? 1 : 0) > count) {
      return stop("broken", "ipp/instances", `${present} fields ${name}, h names ${count}`);
    }
  }
  return null;
}
const oversigned: ReadonlySet<string> = new Set(requiredFields);

function bodyStop(signature: Signature, { bodyHash, hidesPartEnds }: OfflineInput): Stop | null {
  if (!equalBytes(signature.bodyHash, bodyHash))
    return stop("broken", "ipp/body-hash", "the body is not the one that was signed");
  return hidesPartEnds ? stop("broken", "ipp/part-ends", "white space hides where a part of the body begins") : null;
}

/** The first thing that is wrong, or null. */
export function offlineStop(input: OfflineInput, claims: Claims, signature: Signature, index: FieldIndex): Stop | null {
  return (
    formStop(input.fields) ??
    fromStop(claims, signature, index) ??
    timeStop(signature, input.now) ??
    instanceStop(signature, index) ??
    bodyStop(signature, input)
  );
}
