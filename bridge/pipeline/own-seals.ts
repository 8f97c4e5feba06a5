// The Hop-Signals of one's own organisation in a mail that an inner listener gets: those whose seal holds stay, all
// others go. Protocol section 4.
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { sameAuthservId } from "../../shared/authres/checks.ts";
import { parseAuthenticationResults } from "../../shared/authres/parse.ts";
import { type HeaderField, plainName } from "../../shared/header/field.ts";
import type { HopFinding } from "../../shared/hop/types.ts";
import { verifyHops } from "../../shared/hop/verify.ts";
import type { SealKeys } from "./ports.ts";

/** What holds: the topmost hop, and the fields that its seals speak for. */
export interface OwnSeals {
  readonly top: HopFinding | null;
  /** Hop-Signals that verified, and Authentication-Results under their seals. */
  readonly kept: ReadonlySet<HeaderField>;
}

/** At a border nothing holds. */
export const noSeals: OwnSeals = { top: null, kept: new Set() };

/** Verifies until what stays verifies by itself: a seal may have been put over a field that goes. */
export async function ownSeals(
  fields: readonly HeaderField[],
  bodyHash: Uint8Array,
  deps: { readonly domain: string; readonly sealKeys: SealKeys; readonly crypto: Crypto },
): Promise<OwnSeals> {
  const keys = await deps.sealKeys.published();
  let current = fields;
  for (;;) {
    const question = { body: { hash: bodyHash }, domains: [deps.domain], keys: () => keys, crypto: deps.crypto };
    const found = await verifyHops({ ...question, fields: current });
    if (!found.ok) return noSeals;
    const { verified } = found.value;
    const holding = new Set(verified.map(({ index }) => current[index]));
    const next = current.filter((field) => plainName(field.name) !== "hop-signal" || holding.has(field));
    if (next.length === current.length) return { top: verified[0] ?? null, kept: speaksFor(current, verified) };
    current = next;
  }
}

function speaksFor(fields: readonly HeaderField[], verified: readonly HopFinding[]): Set<HeaderField> {
  const kept = new Set<HeaderField>();
  for (const [index, field] of fields.entries()) {
    const name = plainName(field.name);
    const sealed =
      name === "hop-signal" ||
      (name === "authentication-results" && verified.some((hop) => hop.index < index && isOf(field, hop.signal.by)));
    if (sealed && verified.length > 0) kept.add(field);
  }
  return kept;
}

function isOf(field: HeaderField, authservId: string): boolean {
  const parsed = parseAuthenticationResults(field.value);
  return parsed.ok && sameAuthservId(parsed.value.authservId, authservId);
}
