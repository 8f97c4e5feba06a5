// Certificates of the reader's bridge, kept as long as they are in use: the same key signs many mails.
import { decodeChains, fetchCertificates } from "../client/certificates.ts";
import type { StoredChains } from "../client/certificates.ts";
import type { BridgeRecord } from "../client/well-known.ts";
import type { Platform } from "./platform.ts";

/** Keys whose certificates are kept; the longest unused go first. About 2 kB each. */
const maxKeys = 500;
/** After this the bridge is asked again, s: a certificate may have been renewed for the same key. */
const maxAgeSeconds = 7 * 86_400;
const indexKey = "certificates";

interface Entry {
  readonly chains: StoredChains;
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

/** The chains, and whether the bridge could be asked: without its answer nothing final can be said. */
export async function readCertificates(
  platform: Surroundings,
  bridge: BridgeRecord,
  keyId: string,
): Promise<{ readonly chains: readonly (readonly Uint8Array[])[]; readonly complete: boolean }> {
  const key = `certificate:${bridge.domain}:${keyId}`;
  const kept = (await platform.local.read(key)) as Entry | undefined;
  if (kept !== undefined && platform.now() - kept.at < maxAgeSeconds)
    return { chains: decodeChains(kept.chains), complete: true };
  const fetched = await fetchCertificates(platform.fetch, bridge.api, keyId);
  if (!fetched.ok) return { chains: kept === undefined ? [] : decodeChains(kept.chains), complete: kept !== undefined };
  // A storage that strangers' long chains have filled keeps no more: the verdict does not wait for it.
  if (fetched.value.length > 0)
    await remember(platform, key, { chains: fetched.value, at: platform.now() }).catch(platform.failed);
  return { chains: decodeChains(fetched.value), complete: true };
}
