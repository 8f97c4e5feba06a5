// A bridge's keys as it publishes them: a JSON Web Key list (RFC 7517 section 5) with nbf, exp, revoked, and the
// predecessor's signature over each, so that whoever pinned one key can follow a rotation. Protocol section 4.
import type { Crypto, Signer } from "../crypto/crypto.ts";
import { fromBase64Url, isBase64Url, toBase64Url } from "../encoding/base64.ts";
import { encodeUtf8 } from "../encoding/bytes.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
import { formatPublicJwk, parsePublicJwk, sealAlgorithmOf, type PublicJwk } from "./key-types.ts";
import type { BridgeKey } from "./types.ts";

/** A bridge key as it stands in a list, with who introduced it. */
export interface PublishedKey extends BridgeKey {
  /** Key id of the predecessor that signed this entry, and its signature; null for a first key. */
  readonly endorsement: { readonly by: string; readonly signature: Uint8Array } | null;
}

/** One entry of `keys` and /.well-known/ipp. */
export interface BridgeJwk extends PublicJwk {
  readonly kid: string;
  readonly nbf: number;
  readonly exp: number;
  readonly revoked: boolean;
  /** "<kid of the predecessor>.<base64url signature>". */
  readonly sig?: string;
}

/** Keys in one list. */
const maxKeys = 100;

/** What a predecessor signs about a key. `revoked` is not covered: withdrawing needs nobody's consent. */
function endorsedData(domain: string, key: BridgeKey): Uint8Array {
  return encodeUtf8(`ipp1-bridge-key\0${domain}\0${key.keyId}\0${key.notBefore}\0${key.notAfter}`);
}

/** The endorsement of `key` by its predecessor. */
export async function endorseKey(
  domain: string,
  key: BridgeKey,
  predecessor: Signer,
): Promise<PublishedKey["endorsement"]> {
  const signature = await predecessor.sign(endorsedData(domain, key));
  return { by: predecessor.keyId, signature: new Uint8Array(signature) };
}

/** The keys as JSON: the value of "keys" in either document. Only keys that may seal can be published. */
export function formatBridgeKeys(keys: readonly PublishedKey[]): readonly BridgeJwk[] {
  return keys.map((key) => {
    const jwk = formatPublicJwk(key.spki);
    if (jwk === null) {
      throw new RangeError("a bridge key is P-256 or Ed25519");
    }
    return {
      kid: key.keyId,
      ...jwk,
      nbf: key.notBefore,
      exp: key.notAfter,
      revoked: key.revoked,
      ...(key.endorsement === null ? {} : { sig: `${key.endorsement.by}.${toBase64Url(key.endorsement.signature)}` }),
    };
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function endorsementOf(value: unknown): PublishedKey["endorsement"] {
  const [by, text, rest] = typeof value === "string" ? value.split(".") : [];
  const signature = text === undefined || rest !== undefined ? null : fromBase64Url(text);
  return by === undefined || !isBase64Url(by, 32) || signature?.length !== 64 ? null : { by, signature };
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** One entry; null for key types that are not ours to use, which a list may hold. */
async function keyOf(entry: Record<string, unknown>, crypto: Crypto): Promise<Result<PublishedKey | null>> {
  const spki = parsePublicJwk(entry);
  if (spki === "other") {
    return ok(null);
  }
  const { nbf, exp, revoked } = entry;
  if (spki === null || !isTime(nbf) || !isTime(exp) || (revoked !== undefined && typeof revoked !== "boolean")) {
    return perm("hop/keys", "an entry without its coordinates, nbf, exp");
  }
  const keyId = toBase64Url(await crypto.digest(spki));
  if (entry["kid"] !== keyId) {
    return perm("hop/keys", "a kid that is not its key's");
  }
  const endorsement = endorsementOf(entry["sig"]);
  return ok({ keyId, spki, notBefore: nbf, notAfter: exp, revoked: revoked === true, endorsement });
}

/**
 * Reads a key list: the parsed JSON document ({keys: [...]}) of `keys` or /.well-known/ipp. Fails with hop/keys.
 * Revoked keys are in the list: they must be known to be refused.
 */
export async function parseBridgeKeys(document: unknown, crypto: Crypto): Promise<Result<readonly PublishedKey[]>> {
  const entries = isRecord(document) ? document["keys"] : undefined;
  if (!Array.isArray(entries) || entries.length > maxKeys) {
    return perm("hop/keys", `no list of at most ${maxKeys} keys`);
  }
  const keys: PublishedKey[] = [];
  for (const entry of entries as readonly unknown[]) {
    const key = isRecord(entry) ? await keyOf(entry, crypto) : perm("hop/keys", "an entry that is no object");
    if (!key.ok) {
      return key;
    }
    if (key.value !== null) {
      keys.push(key.value);
    }
  }
  return ok(keys);
}

/** What became of the pinned keys when a list was fetched. */
export interface KeyUpdate {
  /** Believed from now on: pinned keys, with revocations taken over, and keys they lead to. */
  readonly accepted: readonly PublishedKey[];
  /** Offered but not introduced by any believed key: the user has to confirm. */
  readonly unknown: readonly PublishedKey[];
}

/** The entry under another's signature: both halves verified. */
async function isEndorsed(
  domain: string,
  key: PublishedKey,
  accepted: ReadonlyMap<string, PublishedKey>,
  crypto: Crypto,
): Promise<boolean> {
  const by = key.endorsement === null ? undefined : accepted.get(key.endorsement.by);
  // A revoked key may have been stolen: whom it introduces is nobody.
  if (by === undefined || by.revoked || key.endorsement === null) {
    return false;
  }
  const algorithm = sealAlgorithmOf(by.spki);
  const data = endorsedData(domain, key);
  return algorithm !== null && (await crypto.verify(algorithm, by.spki, data, key.endorsement.signature));
}

/**
 * Follows rotations: which offered keys the pinned ones introduce, step by step. A pinned key that the list no longer
 * has stays believed for old mail; one that it says is revoked is revoked for good; times never grow.
 */
export async function updateKeys(input: {
  readonly domain: string;
  readonly pinned: readonly PublishedKey[];
  readonly offered: readonly PublishedKey[];
  readonly crypto: Crypto;
}): Promise<KeyUpdate> {
  const { domain, pinned, offered, crypto } = input;
  const accepted = new Map<string, PublishedKey>();
  for (const key of pinned) {
    const now = offered.find((candidate) => candidate.keyId === key.keyId);
    const notAfter = Math.min(key.notAfter, now?.notAfter ?? key.notAfter);
    accepted.set(key.keyId, { ...key, notAfter, revoked: key.revoked || now?.revoked === true });
  }
  let waiting = offered.filter((key) => !accepted.has(key.keyId));
  for (;;) {
    const still: PublishedKey[] = [];
    for (const key of waiting) {
      if (await isEndorsed(domain, key, accepted, crypto)) {
        accepted.set(key.keyId, key);
      } else {
        still.push(key);
      }
    }
    if (still.length === waiting.length) {
      return { accepted: [...accepted.values()], unknown: still };
    }
    waiting = still;
  }
}
