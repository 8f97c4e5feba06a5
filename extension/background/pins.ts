// The believed seal keys of a mailbox's bridge: read for verifying, and followed through rotations.
import { parseBridgeKeys, formatBridgeKeys, updateKeys } from "../../shared/hop/keys.ts";
import type { BridgeKey } from "../../shared/hop/types.ts";
import { findBridge } from "../client/well-known.ts";
import type { BridgeRecord } from "../client/well-known.ts";
import { isYounger } from "./age.ts";
import { bridgePlaces } from "./accounts.ts";
import type { AccountRecord } from "./account-record.ts";
import type { Accounts } from "./accounts.ts";
import type { HostAccount, Platform } from "./platform.ts";

/** How often at most a bridge is asked for keys that a mail names and we don't know, s. */
const refreshSeconds = 300;
/** How old the comparison with the bridge's list may be, s. */
const refreshDailySeconds = 86_400;

/** The pinned keys, typed. */
export async function pinnedKeys(platform: Platform, bridge: BridgeRecord): Promise<readonly BridgeKey[]> {
  const keys = await parseBridgeKeys({ keys: bridge.keys }, platform.crypto);
  return keys.ok ? keys.value : [];
}

/** The pinned record after the bridge showed `offered`: with the keys it leads to; `changed` where it leads nowhere. */
export async function followRotation(
  platform: Pick<Platform, "crypto">,
  pinned: BridgeRecord,
  offered: BridgeRecord,
): Promise<{ readonly pinned: BridgeRecord; readonly changed: boolean }> {
  const [old, now] = await Promise.all([
    parseBridgeKeys({ keys: pinned.keys }, platform.crypto),
    parseBridgeKeys({ keys: offered.keys }, platform.crypto),
  ]);
  if (!old.ok || !now.ok || pinned.domain !== offered.domain) return { pinned, changed: true };
  const update = await updateKeys({
    domain: pinned.domain,
    pinned: old.value,
    offered: now.value,
    crypto: platform.crypto,
  });
  const keys = formatBridgeKeys(update.accepted).map((key) => ({ ...key }));
  // Where complaints and the bearer go stays what the reader confirmed: keys are public, anybody could list them.
  const moved = offered.api !== pinned.api;
  return { pinned: { ...pinned, authserv: offered.authserv, keys }, changed: moved || update.unknown.length > 0 };
}

/** Asks the bridge for its keys once more, at most every five minutes. True: the believed keys are others now. */
export async function refreshPins(platform: Platform, accounts: Accounts, account: HostAccount): Promise<boolean> {
  const record = await accounts.read(account.id);
  const { pinned } = record;
  const asked = await platform.session.read(`refreshed:${account.id}`);
  if (pinned === null) return false;
  if (typeof asked === "number" && isYounger(asked, platform.now(), refreshSeconds)) return false;
  await platform.session.write(`refreshed:${account.id}`, platform.now());
  const offered = await findBridge(platform.fetch, bridgePlaces(account, record), pinned.domain);
  if (!offered.ok) return false;
  const followed = await followRotation(platform, pinned, offered.value);
  await accounts.change(account.id, (now) => ({
    ...now,
    pinned: followed.pinned,
    keysAt: platform.now(),
    changed: followed.changed ? offered.value : null,
  }));
  return followed.pinned.keys.length !== pinned.keys.length;
}

/** Once a day a withdrawn key is heard of, without any mail naming a new one. Nothing waits for it. */
export function refreshDaily(
  platform: Platform,
  accounts: Accounts,
  account: HostAccount,
  record: AccountRecord,
): void {
  if (record.pinned === null || isYounger(record.keysAt, platform.now(), refreshDailySeconds)) return;
  refreshPins(platform, accounts, account).catch(platform.failed);
}
