// Certificates of the reader's bridge, kept as long as they are in use: the same key signs many mails.
import * as v from "valibot";
import type { KeptKey, WithdrawnPath } from "../../shared/verdict/recheck.ts";
import { chainsSchema, decodeKey, fetchCertificates, maxWithdrawnPaths } from "../client/certificates.ts";
import type { StoredKey } from "../client/certificates.ts";
import type { BridgeRecord } from "../client/well-known.ts";
import { isYounger } from "./age.ts";
import { keepNewest } from "./kept-index.ts";
import type { Platform } from "./platform.ts";

/** Keys whose certificates are kept; the longest unused go first. About 2 kB each. */
const list = { indexKey: "certificates", prefix: "certificates:", max: 500 } as const;
/** After this the bridge is asked again, s: a certificate may have been revoked, or renewed for the same key. */
const maxAgeSeconds = 86_400;

const seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Stricter than what a bridge may send: a revocation that is missing would be none. */
const { entries } = chainsSchema;
const entrySchema = v.object({
  chains: entries.chains,
  revokedFrom: v.nullable(seconds),
  // What an older version kept has none; within a day the bridge is asked.
  withdrawnPaths: entries.withdrawnPaths,
  at: seconds,
});
type Entry = v.InferOutput<typeof entrySchema>;

/** A revocation can be read by itself: it outlives torn chains. */
const revocationSchema = v.object({ revokedFrom: seconds });

/** `unasked`: since when the key is worth nothing as long as the bridge can't be asked. */
function readEntry(stored: unknown): { readonly kept: Entry | null; readonly unasked: number | null } {
  const entry = v.safeParse(entrySchema, stored);
  if (entry.success) return { kept: entry.output, unasked: entry.output.revokedFrom };
  // Something was kept and can't be read: it may have been a revocation.
  return { kept: null, unasked: stored === undefined ? null : 0 };
}

/** What was heard before and what is heard now, each once. */
function together(before: readonly WithdrawnPath[], now: readonly WithdrawnPath[]): readonly WithdrawnPath[] {
  const same = (one: WithdrawnPath, other: WithdrawnPath): boolean =>
    one.level === other.level && one.from === other.from && one.until === other.until;
  return [...before.filter((one) => !now.some((other) => same(one, other))), ...now].slice(-maxWithdrawnPaths);
}

type Surroundings = Pick<Platform, "local" | "fetch" | "now" | "failed">;

/** What is kept of the key, and whether the bridge could be asked: without its answer nothing final can be said. */
export async function readCertificates(
  platform: Surroundings,
  bridge: BridgeRecord,
  keyId: string,
): Promise<{ readonly key: KeptKey; readonly complete: boolean }> {
  const place = `${list.prefix}${bridge.domain}:${keyId}`;
  const stored = await platform.local.read(place);
  const { kept, unasked } = readEntry(stored);
  if (kept !== null && isYounger(kept.at, platform.now(), maxAgeSeconds))
    return { key: decodeKey(kept), complete: true };
  const fetched = await fetchCertificates(platform.fetch, bridge.api, keyId);
  if (!fetched.ok) {
    const unknown: StoredKey = { chains: [], revokedFrom: unasked, withdrawnPaths: [] };
    return { key: decodeKey(kept ?? unknown), complete: kept !== null };
  }
  // The bridge forgets a key with its last mail. What it said of it before is still true, and nobody un-revokes.
  const { chains, revokedFrom, withdrawnPaths } = fetched.value;
  const before = v.safeParse(revocationSchema, stored);
  const known: StoredKey = {
    chains: chains.length > 0 ? chains : (kept?.chains ?? []),
    revokedFrom: revokedFrom ?? (before.success ? before.output.revokedFrom : null),
    withdrawnPaths: together(kept?.withdrawnPaths ?? [], withdrawnPaths),
  };
  // A storage that strangers' long chains have filled keeps no more: the verdict does not wait for it.
  const entry = { ...known, at: platform.now() };
  if (known.chains.length > 0) await keepNewest(platform.local, list, place, entry).catch(platform.failed);
  return { key: decodeKey(known), complete: true };
}
