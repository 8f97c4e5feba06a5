// What a signature has to fulfil that can be told from the mail alone: the header's form, From, times, the fields it covers,
// the body. Nobody is asked anything for a mail that fails here.
import { equalBytes } from "../encoding/bytes.ts";
import type { HeaderField } from "../header/field.ts";
import { isOneHeader } from "../header/header-form.ts";
import { limits } from "../limits.ts";
import type { Claims } from "./claims.ts";
import { type Signature } from "./signature.ts";
import { coveredFields, requiredFields } from "./signed-fields.ts";
import type { FieldIndex } from "./signed-data.ts";
import { stop, type Stop } from "./stop.ts";
import { doubledStructure } from "./structure.ts";

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
  for (const { name, allowed } of instancesAllowed(signature.signedFields)) {
    const present = index.get(name)?.length ?? 0;
    if (present > allowed) {
      return stop("broken", "ipp/instances", `${present} fields ${name}, h leaves room for ${allowed}`);
    }
  }
  return null;
}

/** Fields of a name that a mail may have at most. */
interface Instances {
  readonly name: string;
  readonly allowed: number;
}

const oversigned: ReadonlySet<string> = new Set(requiredFields);
const workedOut = new WeakMap<readonly string[], readonly Instances[]>();

/** By what `h` names. The arrays don't change, and mails of one signer share theirs (signature.ts). */
function instancesAllowed(names: readonly string[]): readonly Instances[] {
  const before = workedOut.get(names);
  if (before !== undefined) {
    return before;
  }
  const counts = new Map<string, number>(coveredFields.map((name) => [name, 0]));
  for (const name of names) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const instances = [...counts].map(([name, count]) => ({ name, allowed: count - (oversigned.has(name) ? 1 : 0) }));
  workedOut.set(names, instances);
  return instances;
}

/** Which of two types counts differs from program to program, whoever signed both. One that was added is `broken` above. */
function structureStop(index: FieldIndex): Stop | null {
  const doubled = doubledStructure(index);
  return doubled === null ? null : stop("permerror", "ipp/structure", `more than one ${doubled}`);
}

function bodyStop(signature: Signature, { bodyHash, hidesPartEnds }: OfflineInput): Stop | null {
  if (!equalBytes(signature.bodyHash, bodyHash))
    return stop("broken", "ipp/body-hash", "the body is not the one that was signed");
  return hidesPartEnds
    ? stop("broken", "ipp/part-ends", "programs may differ in where a part of the body begins")
    : null;
}

/** The first thing that is wrong, or null. */
export function offlineStop(input: OfflineInput, claims: Claims, signature: Signature, index: FieldIndex): Stop | null {
  return (
    formStop(input.fields) ??
    fromStop(claims, signature, index) ??
    timeStop(signature, input.now) ??
    instanceStop(signature, index) ??
    structureStop(index) ??
    bodyStop(signature, input)
  );
}
