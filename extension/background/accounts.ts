// Mailboxes and their bridges as they are kept: one storage entry each, changed one after the other.
import { originPattern, bridgeUrl, mailDomain } from "../client/bridge-url.ts";
import type { AccountState, AccountView } from "../ui/account.ts";
import { parseAccount, stampOf } from "./account-record.ts";
import type { AccountRecord } from "./account-record.ts";
import type { HostAccount, Platform } from "./platform.ts";
import { createTurns } from "./turns.ts";

const storageKey = (id: string): string => `account:${id}`;

/** Reads and changes account records; changes of one background run after each other, so that none is lost. */
export interface Accounts {
  read(id: string): Promise<AccountRecord>;
  change(id: string, change: (record: AccountRecord) => AccountRecord): Promise<AccountRecord>;
  remove(id: string): Promise<void>;
}

/** `believed`: called when a change may make verdicts others. */
export function createAccounts(platform: Pick<Platform, "local" | "crypto">, believed: () => void): Accounts {
  const inTurn = createTurns();
  async function read(id: string): Promise<AccountRecord> {
    return await parseAccount(await platform.local.read(storageKey(id)), platform.crypto);
  }
  return {
    read,
    async change(id, change) {
      return await inTurn(async () => {
        const before = await read(id);
        const changed = change(before);
        await platform.local.write(storageKey(id), changed);
        if (stampOf(before) !== stampOf(changed)) believed();
        return changed;
      });
    },
    async remove(id) {
      await inTurn(async () => await platform.local.remove(storageKey(id)));
    },
  };
}

/** How far the mailbox has come. */
export function accountState(record: AccountRecord, now: number): AccountState {
  const { pinned, found, changed, session, pairing } = record;
  const offer = (bridge: NonNullable<AccountRecord["found"]>) => ({
    domain: bridge.domain,
    host: new URL(bridge.api).host,
    keys: bridge.keys.filter((key) => !key.revoked).map((key) => key.kid),
  });
  if (changed !== null) return { kind: "changed", ...offer(changed) };
  if (pinned !== null) {
    if (session !== null) return { kind: "paired", domain: pinned.domain, address: session.address };
    if (pairing !== null && pairing.expiresAt > now)
      return { kind: "waiting", domain: pinned.domain, address: pairing.address };
    return { kind: "pinned", domain: pinned.domain, failure: record.failure };
  }
  if (found !== null) return { kind: record.lost ? "again" : "found", ...offer(found) };
  if (record.lost) return { kind: "lost" };
  if (record.failure !== null) return { kind: "failed", code: record.failure };
  return { kind: record.lookedAt === null ? "new" : "absent" };
}

export function accountView(account: HostAccount, record: AccountRecord, now: number): AccountView {
  return {
    id: account.id,
    name: account.name,
    address: account.addresses[0] ?? "",
    state: accountState(record, now),
    typedBridge: record.bridge,
    usedBridge: record.pinned?.api ?? null,
    trusted: record.trusted,
  };
}

/** Where to ask for the mailbox's bridge, first place first (docs/protocol.md section 1). */
export function bridgePlaces(account: HostAccount, record: AccountRecord): readonly URL[] {
  const typed = record.bridge === null ? null : bridgeUrl(record.bridge);
  if (typed !== null) return [typed];
  const domain = mailDomain(account.addresses[0] ?? "");
  const names = [...(domain === null ? [] : [domain]), ...account.hosts];
  return [...new Set(names)].flatMap((name) => bridgeUrl(`https://${name}/`) ?? []);
}

/** Origins the extension must be allowed to talk to before it can look. */
export function neededOrigins(account: HostAccount, record: AccountRecord): readonly string[] {
  const bridges = [record.found, record.pinned, record.changed].flatMap((bridge) =>
    bridge === null ? [] : [new URL(bridge.api)],
  );
  return [...new Set([...bridgePlaces(account, record), ...bridges].map(originPattern))];
}
