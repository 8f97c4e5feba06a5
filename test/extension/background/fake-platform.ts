// The background's surroundings as plain maps: storage, a clock that is set, a bridge that is asked directly.
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import { assess } from "../../../shared/verdict/assess.ts";
import type { Background, CurrentMail } from "../../../extension/background/background.ts";
import { createBackground } from "../../../extension/background/background.ts";
import { dispatch } from "../../../extension/background/dispatch.ts";
import type { Dispatched, Sender } from "../../../extension/background/dispatch.ts";
import { commonHandlers } from "../../../extension/background/handlers.ts";
import type { MessageName, ReplyOf, RequestOf } from "../../../extension/background/messages/map.ts";
import { createTurns } from "../../../extension/background/turns.ts";
import type { HostAccount, Platform, StorageArea } from "../../../extension/background/platform.ts";
import type { Fetch } from "../../../extension/client/request.ts";
import { shownBridge } from "../../../extension/ui/account.ts";

/** A storage area that can be looked into. */
export interface MemoryArea extends StorageArea {
  readonly entries: ReadonlyMap<string, string>;
}

/** An empty one; values travel as JSON, as in a browser. */
export function memoryArea(): MemoryArea {
  const entries = new Map<string, string>();
  return {
    entries,
    read: async (key) => {
      const text = entries.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    },
    write: async (key, value) => void entries.set(key, JSON.stringify(value)),
    remove: async (key) => void entries.delete(key),
    keys: async () => [...entries.keys()],
    inTurn: createTurns(),
  };
}

export const alice: HostAccount = {
  id: "account1",
  name: "alice@example.net",
  addresses: ["alice@example.net"],
  hosts: ["imap.example.net"],
};

export interface FakePlatform extends Platform {
  readonly local: MemoryArea;
  readonly session: MemoryArea;
  /** Sets the clock, Unix seconds. */
  at(seconds: number): void;
  readonly failures: unknown[];
  readonly moves: number[];
}

export function fakePlatform(options: { readonly fetch: Fetch; readonly now: number }): FakePlatform {
  let now = options.now;
  const failures: unknown[] = [];
  const moves: number[] = [];
  return {
    local: memoryArea(),
    session: memoryArea(),
    fetch: options.fetch,
    crypto: webCrypto,
    assess,
    now: () => now,
    at: (seconds) => {
      now = seconds;
    },
    accounts: async () => [alice],
    failures,
    failed: (error) => void failures.push(error),
    moves,
    moveToJunk: async (handle) => {
      moves.push(handle);
      return true;
    },
  };
}

/** One tab that shows one mail, and messages as a page of the extension would send them. */
export interface FakeTab {
  /** How often what stands beside open mails was to be said anew. */
  renewals(): number;
  readonly background: Background;
  /** What the tab shows from now on, out of whose mailbox; alice's by default. */
  show(raw: string | null, account?: HostAccount): void;
  ask<K extends MessageName>(name: K, request: RequestOf<K>): Promise<ReplyOf<K>>;
  askAs(sender: Partial<Sender>, name: string, request: unknown): Promise<Dispatched>;
}

export const page: Sender = { kind: "page", tabId: null, frameId: null, origin: null, url: null };

export function fakeTab(platform: Platform): FakeTab {
  let shown: string | null = null;
  let owner = alice;
  let mail = 0;
  let renewals = 0;
  const background = createBackground(platform, {
    hasSites: false,
    async current(self): Promise<CurrentMail> {
      const raw = shown;
      if (raw === null) return { kind: "nothing" };
      const key = `tab:${mail}`;
      const judged = await self.verdicts.of({ key, account: owner, raw: async () => Buffer.from(raw, "latin1") });
      return judged.ok ? { kind: "mail", key, record: judged.value, handle: 7 } : { kind: "failed" };
    },
    renew: async () => {
      renewals += 1;
    },
  });
  const handlers = commonHandlers(background, async () => undefined);
  return {
    background,
    renewals: () => renewals,
    show(raw, account = alice) {
      shown = raw;
      owner = account;
      mail += 1;
    },
    async ask(name, request) {
      const done = await dispatch(handlers, { waybill: name, request }, page);
      if ("refused" in done) throw new Error(done.refused);
      return done.reply as never;
    },
    askAs: async (sender, name, request) =>
      await dispatch(handlers, { waybill: name, request }, { ...page, ...sender }),
  };
}

/** Confirms what the page shows of a mailbox. */
export async function connect(tab: FakeTab, id: string): Promise<void> {
  const { accounts } = await tab.ask("accounts-ask", {});
  const account = accounts.find((each) => each.id === id);
  await tab.ask("account-connect", { id, shown: account === undefined ? null : shownBridge(account.state) });
}
