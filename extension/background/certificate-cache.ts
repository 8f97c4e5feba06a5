// Certificates of the reader's bridge, kept as long as they are in use: the same key signs many mails.
import type { KeptKey } from "../../shared/verdict/recheck.ts";
import { decodeKey, fetchCertificates } from "../client/certificates.ts";
import type { StoredKey } from "../client/certificates.ts";
import type { BridgeRecord } from "../client/well-known.ts";
import type { Platform } from "./platform.ts";

/** Keys whose certificates are kept; the longest unused go first. About 2 kB each. */
const maxKeys = 500;
/** After this the bridge is asked again, s: a certificate may have been revoked, or renewed for the same key. */
const maxAgeSeconds = 86_400;
const indexKey = "certificates";

interface Entry extends StoredKey {
  readonly at: number;
}

type Surroundings = Pick<Platform, "local" | "fetch" | "now" | "failed">;

async function remember(platform: Surroundings, key: string, entry: Entry): Promise<void> {
  const index = ((await platform.local.read(indexKey)) ?? []) as readonly string[];
  const next = [...index.filter((other) => other !== key), key];
  for (const gone of next.slice(0, Math.max(0, next.length - maxKeys))) await platform.local.remove(gone);
  await platform.local.write(key, entry);
  await platform.local.write(indexKey, next.slice(-maxKeys));
}

/** What is kept of the key, and whether the bridge could be asked: without its answer nothing final can be said. */
export async function readCertificates(
  platform: Surroundings,
  bridge: BridgeRecord,
  keyId: string,
): Promise<{ readonly key: KeptKey; readonly complete: boolean }> {
  const place = `certificates:${bridge.domain}:${keyId}`;
  const read = (await platform.local.read(place)) as Entry | undefined;
  const kept = read ?? { chains: [], revokedFrom: null, at: -Infinity };
  if (platform.now() - kept.at < maxAgeSeconds) return { key: decodeKey(kept), complete: true };
  const fetched = await fetchCertificates(platform.fetch, bridge.api, keyId);
  if (!fetched.ok) return { key: decodeKey(kept), complete: read !== undefined };
  // The bridge forgets a key with its last mail. What it said of it before is still true, and nobody un-revokes.
  const { chains, revokedFrom } = fetched.value;
  const known: StoredKey = {
    chains: chains.length > 0 ? chains : kept.chains,
    revokedFrom: revokedFrom ?? kept.revokedFrom,
  };
  // A storage that strangers' long chains have filled keeps no more: the verdict does not wait for it.
  if (known.chains.length > 0) await remember(platform, place, { ...known, at: platform.now() }).catch(platform.failed);
  return { key: decodeKey(known), complete: true };
}
