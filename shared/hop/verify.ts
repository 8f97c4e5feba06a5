// Verifies a mail's Hop-Signals against the keys of the domains its reader believes. Protocol section 4.
// Two results each: the seal (is this what our server wrote about this header), and the body (is it what it saw).
// A seal that does not verify is never shown as a record: it is listed as forged, with a code.
import type { Crypto } from "../crypto/crypto.ts";
import { toBase64Url } from "../encoding/base64.ts";
import { bytesFromString } from "../encoding/bytes.ts";
import { asciiLower } from "../header/address.ts";
import { relaxBody } from "../header/canonical.ts";
import { type HeaderField, plainName } from "../header/field.ts";
import { parseTagList, withoutSignature } from "../header/taglist.ts";
import { limits } from "../limits.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
import { sealAlgorithmOf } from "./key-types.ts";
import { parseHopSignal } from "./parse.ts";
import type { ParsedHopSignal } from "./parse.ts";
import { indexSealed, sealedData } from "./sealed-data.ts";
import type { SealIndex } from "./sealed-data.ts";
import type { BridgeKey, HopFinding, HopFindings, HopSignal } from "./types.ts";

/** One mail and whom its reader believes. */
export interface HopInput {
  /** All header fields, top to bottom. */
  readonly fields: readonly HeaderField[];
  /** SHA-256 of the relaxed body, or the body itself. */
  readonly body: { readonly hash: Uint8Array } | { readonly octets: Uint8Array };
  /** Domains whose seals count, A-labels. */
  readonly domains: readonly string[];
  /** The believed keys of a domain: pinned, or from the reader's own bridge. Asked once per domain. */
  keys(domain: string): Promise<readonly BridgeKey[]> | readonly BridgeKey[];
  readonly crypto: Crypto;
}

/** The key that may have made such a seal at that time, or why there is none. */
function keyFor(keys: readonly BridgeKey[], { keyId, algorithm, at }: HopSignal): Result<BridgeKey> {
  const key = keys.find((candidate) => candidate.keyId === keyId);
  if (key === undefined) {
    return perm("hop/unknown-key", "sealed by a key that is not known here");
  }
  if (key.revoked) {
    return perm("hop/revoked-key", "sealed by a revoked key");
  }
  if (sealAlgorithmOf(key.spki) !== algorithm) {
    return perm("hop/key-type", `a=${algorithm}, but the key is of another kind`);
  }
  return key.notBefore <= at && at <= key.notAfter ? ok(key) : perm("hop/key-time", "sealed outside the key's time");
}

/** Whether text that is no Hop-Signal claims to be of one of our domains: by its s, or where it has none to read, at all. */
function claimsOurs(value: string, domains: ReadonlySet<string>): boolean {
  const list = parseTagList(value);
  const domain = list.ok ? list.value.get("s") : undefined;
  if (domain !== undefined) {
    return domains.has(asciiLower(domain));
  }
  const lower = asciiLower(value);
  return [...domains].some((candidate) => lower.includes(candidate));
}

async function sealHolds(
  value: string,
  parsed: ParsedHopSignal,
  position: number,
  index: SealIndex,
  key: BridgeKey,
  crypto: Crypto,
): Promise<boolean> {
  const data = sealedData(index, position, parsed.signal.by, withoutSignature(value, parsed.list));
  return await crypto.verify(parsed.signal.algorithm, key.spki, bytesFromString(data), parsed.seal);
}

async function bodyHashOf(input: HopInput): Promise<Result<string>> {
  if ("hash" in input.body) {
    return ok(toBase64Url(input.body.hash));
  }
  const relaxed = relaxBody(input.body.octets);
  return relaxed.ok ? ok(toBase64Url(await input.crypto.digest(relaxed.value))) : relaxed;
}

interface Candidate {
  readonly position: number;
  readonly value: string;
}

function candidatesOf(fields: readonly HeaderField[]): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const [position, field] of fields.entries()) {
    if (plainName(field.name) === "hop-signal") {
      found.push({ position, value: field.value });
    }
  }
  return found;
}

/**
 * All Hop-Signals of a mail: verified ones newest first, those that claim one of `domains` but fail, and how many are of
 * others. Codes of forged ones: hop/syntax, /version, /unknown-key (the keys known here may be old: fetch, try again),
 * /revoked-key, /key-type (`a` is not the key's), /key-time, /seal, /order (a lower hop number than one below it),
 * /too-many.
 */
export async function verifyHops(input: HopInput): Promise<Result<HopFindings>> {
  const { fields, crypto } = input;
  const candidates = candidatesOf(fields);
  const verified: HopFinding[] = [];
  const forged: { code: string; detail: string }[] = [];
  let foreign = 0;
  let oldestIndex = -1;
  if (candidates.length === 0) {
    return ok({ verified, forged, foreign, oldestIndex });
  }
  const domains = new Set(input.domains.map((domain) => asciiLower(domain)));
  const bodyHash = await bodyHashOf(input);
  if (!bodyHash.ok) {
    return bodyHash;
  }
  const index = indexSealed(fields);
  const keys = new Map<string, readonly BridgeKey[]>();
  for (const { position, value } of candidates.slice(0, limits.hops)) {
    const parsed = parseHopSignal(value);
    const domain = parsed.ok ? parsed.value.signal.domain : "";
    if (parsed.ok ? !domains.has(domain) : !claimsOurs(value, domains)) {
      foreign += 1;
      continue;
    }
    if (!parsed.ok) {
      forged.push({ code: parsed.code, detail: parsed.detail });
      continue;
    }
    const { signal } = parsed.value;
    const known = keys.get(domain) ?? (await input.keys(domain));
    keys.set(domain, known);
    const key = keyFor(known, signal);
    if (!key.ok) {
      forged.push({ code: key.code, detail: key.detail });
    } else if (!(await sealHolds(value, parsed.value, position, index, key.value, crypto))) {
      forged.push({ code: "hop/seal", detail: "the seal does not fit this mail" });
    } else if ((verified.at(-1)?.signal.hop ?? Infinity) <= signal.hop) {
      forged.push({ code: "hop/order", detail: "hop numbers do not rise from below" });
    } else {
      verified.push({ signal, index: position, body: signal.bodyHash === bodyHash.value ? "same" : "changed" });
      oldestIndex = position;
    }
  }
  if (candidates.length > limits.hops) {
    forged.push({ code: "hop/too-many", detail: `${candidates.length} Hop-Signals` });
  }
  return ok({ verified, forged, foreign, oldestIndex });
}
