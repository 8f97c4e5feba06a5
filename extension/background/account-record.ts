// What is remembered of one mailbox, and how it is read back. Storage may hold what an older or a newer version wrote, or
// what was torn when the program died: each field that can't be read becomes what nobody has confirmed. Believed keys are
// whole or gone, and gone aloud: whoever lost them must compare anew before he confirms anything.
import * as v from "valibot";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { parseBridgeKeys } from "../../shared/hop/keys.ts";
import { bridgeUrl } from "../client/bridge-url.ts";
import { sessionSchema } from "../client/pairing.ts";
import { bridgeSchema, keySchema } from "../client/well-known.ts";

const seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = (max: number) => v.pipe(v.string(), v.maxLength(max));

/** Stricter than what a bridge may send: a withdrawal that is missing would make its key good again. */
const keptBridge = v.pipe(
  v.object({
    ...bridgeSchema.entries,
    keys: v.pipe(v.array(v.object({ ...keySchema.entries, revoked: v.boolean() })), v.minLength(1), v.maxLength(100)),
  }),
  v.check(({ api }) => bridgeUrl(api)?.href === api),
);

const recordSchema = v.object({
  /** A bridge that answered and that the reader has not confirmed. */
  found: v.fallback(v.nullable(keptBridge), null),
  /** The bridge the reader confirmed, with the keys that are believed. */
  pinned: v.fallback(v.nullable(keptBridge), null),
  /** An answer whose keys the pinned ones don't vouch for. */
  changed: v.fallback(v.nullable(keptBridge), null),
  /** What was believed could not be read any more, and nothing has been confirmed since. */
  lost: v.fallback(v.boolean(), false),
  session: v.fallback(v.nullable(sessionSchema), null),
  /** `since`, `expiresAt`: Unix seconds. */
  pairing: v.fallback(
    v.nullable(v.object({ id: text(100), address: text(320), since: seconds, expiresAt: seconds })),
    null,
  ),
  /** When the bridge was last looked for, Unix seconds; null: never. */
  lookedAt: v.fallback(v.nullable(seconds), null),
  /** When the pinned keys were last compared with what the bridge shows, Unix seconds; null: never. */
  keysAt: v.fallback(v.nullable(seconds), null),
  /** Code of what last went wrong. */
  failure: v.fallback(v.nullable(text(200)), null),
  /** Address of the bridge, typed in by the reader. */
  bridge: v.fallback(v.nullable(text(500)), null),
  /** authserv-ids typed in by the reader. */
  trusted: v.fallback(v.array(text(253)), []),
});

type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** What is remembered of one mailbox. */
export type AccountRecord = DeepReadonly<v.InferOutput<typeof recordSchema>>;

/** A mailbox nobody has looked at. */
export const freshAccount: AccountRecord = {
  found: null,
  pinned: null,
  changed: null,
  lost: false,
  session: null,
  pairing: null,
  lookedAt: null,
  keysAt: null,
  failure: null,
  bridge: null,
  trusted: [],
};

/** Everything of the mailbox that can change a verdict. */
export function stampOf(record: AccountRecord): string {
  const { pinned, trusted } = record;
  const keys = pinned?.keys.map(({ kid, revoked, nbf, exp }) => `${kid}${revoked ? "-" : "+"}${nbf}-${exp}`) ?? [];
  return JSON.stringify([pinned?.domain ?? null, pinned?.authserv ?? [], keys, trusted]);
}

/** A bridge that is confirmed next is another one, as far as anybody knows: it does not get the bearer. */
function withoutPins(record: AccountRecord): AccountRecord {
  return { ...record, pinned: null, lost: true, session: null, pairing: null, keysAt: null };
}

/** What storage holds for a mailbox, made a record; `undefined`: nothing yet. */
export async function parseAccount(stored: unknown, crypto: Crypto): Promise<AccountRecord> {
  if (stored === undefined) return freshAccount;
  const parsed = v.safeParse(recordSchema, stored);
  if (!parsed.success) return withoutPins(freshAccount);
  const record: AccountRecord = parsed.output;
  if (record.pinned !== null) {
    const keys = await parseBridgeKeys({ keys: record.pinned.keys }, crypto);
    return keys.ok ? record : withoutPins(record);
  }
  // Whoever wrote a record without pins wrote so.
  const { pinned } = stored as { readonly pinned?: unknown };
  const remains = record.session !== null || record.pairing !== null || record.keysAt !== null;
  return pinned !== null || remains || record.lost ? withoutPins(record) : record;
}
