// What a mail says of itself: From, IPP-Purpose and IPP-Signature, exactly one of each (protocol section 3).
import { parseSingleMailbox, type Mailbox } from "../header/address.ts";
import type { HeaderField } from "../header/field.ts";
import { parseDeclaration } from "./declaration.ts";
import { parseSignature, type Signature } from "./signature.ts";
import type { FieldIndex } from "./signed-data.ts";
import { stop, stopped, type Stop } from "./stop.ts";
import type { Declaration } from "./types.ts";

/** What the mail says of itself, as far as it could be read. */
export interface Claims {
  readonly from: Mailbox | null;
  readonly declaration: Declaration | null;
  readonly signature: Signature | null;
  /** The signature field's value as it stands. */
  readonly signatureValue: string;
  readonly stop: Stop | null;
}

function valueOf(fields: readonly HeaderField[], positions: readonly number[] | undefined): string {
  const [first] = positions ?? [];
  return first === undefined ? "" : (fields[first]?.value ?? "");
}

/** Exactly one of each, or none of both (protocol section 3). */
function countStop(index: FieldIndex): Stop | null {
  const declarations = index.get("ipp-purpose")?.length ?? 0;
  const signatures = index.get("ipp-signature")?.length ?? 0;
  if (declarations === 0 && signatures === 0) {
    return stop("none", "ipp/none", "the mail declares nothing");
  }
  if (declarations > 1) {
    return stop("permerror", "ipp/two-declarations", `${declarations} IPP-Purpose fields`);
  }
  if (signatures > 1) {
    return stop("permerror", "ipp/two-signatures", `${signatures} IPP-Signature fields`);
  }
  if (declarations === 0 || signatures === 0) {
    const missing = declarations === 0 ? "ipp/no-declaration" : "ipp/no-signature";
    return stop("permerror", missing, "IPP-Purpose and IPP-Signature come together");
  }
  return null;
}

/** The single mailbox of the single From, or null. */
function singleFrom(fields: readonly HeaderField[], index: FieldIndex): Mailbox | null {
  const positions = index.get("from");
  const mailbox = positions?.length === 1 ? parseSingleMailbox(valueOf(fields, positions)) : null;
  return mailbox?.ok === true ? mailbox.value : null;
}

/** Reads them, as far as they go; `stop` says what is wrong. */
export function readClaims(fields: readonly HeaderField[], index: FieldIndex): Claims {
  const signatureValue = valueOf(fields, index.get("ipp-signature"));
  const empty = { from: singleFrom(fields, index), declaration: null, signature: null, signatureValue };
  const counts = countStop(index);
  if (counts !== null) {
    return { ...empty, stop: counts };
  }
  const declaration = parseDeclaration(valueOf(fields, index.get("ipp-purpose")));
  const signature = parseSignature(signatureValue);
  const claims = {
    ...empty,
    declaration: declaration.ok ? declaration.value : null,
    signature: signature.ok ? signature.value : null,
  };
  if (!declaration.ok) {
    return { ...claims, stop: stopped(declaration) };
  }
  return { ...claims, stop: signature.ok ? null : stopped(signature) };
}
