// What the first-run page and the settings share: the mailboxes' state, renewed while something is under way, and the
// permission questions, which a browser only lets a page ask in answer to a click.
import { useCallback, useEffect, useState } from "preact/hooks";
import browser from "webextension-polyfill";
import { bridgeUrl, originPattern } from "../client/bridge-url.ts";
import type { MessageName, RequestOf, SettingsAnswer } from "../background/messages/map.ts";
import { send } from "../background/send.ts";
import type { AccountActions } from "../ui/account-card.tsx";
import { shownBridge } from "../ui/account.ts";
import type { AccountView, ShownBridge, UnderWay } from "../ui/account.ts";

/** How often the state is asked for while a code is awaited, ms. */
const pollMs = 1_500;

export interface Mailboxes {
  readonly answer: SettingsAnswer | null;
  /** Accounts as shown: where an answer is awaited, with what is under way. */
  readonly accounts: readonly AccountView[];
  readonly actions: AccountActions;
  readonly lookAll: () => void;
  readonly take: (answer: SettingsAnswer) => void;
  readonly reload: () => void;
}

type AccountMessage = Extract<MessageName, "account-look" | "account-connect" | "account-forget">;
const underWay: Readonly<Record<AccountMessage, UnderWay>> = {
  "account-look": "searching",
  "account-connect": "connecting",
  "account-forget": "disconnecting",
};

async function allow(origins: readonly string[]): Promise<boolean> {
  return origins.length === 0 || (await browser.permissions.request({ origins: [...origins] }));
}

export function useMailboxes(): Mailboxes {
  const [answer, setAnswer] = useState<SettingsAnswer | null>(null);
  const [busy, setBusy] = useState<ReadonlyMap<string, UnderWay>>(new Map());
  const reload = useCallback(() => {
    send("accounts-ask", {}).then(setAnswer, () => undefined);
  }, []);
  useEffect(reload, [reload]);
  const waiting = answer?.accounts.some((account) => account.state.kind === "waiting") === true;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(reload, pollMs);
    return () => clearInterval(timer);
  }, [waiting, reload]);

  const originsOf = (id: string): readonly string[] =>
    answer?.accounts.find((account) => account.id === id)?.origins ?? [];

  /** What the reader saw as he clicked. */
  const shownOf = (id: string): ShownBridge | null => {
    const account = answer?.accounts.find((each) => each.id === id);
    return account === undefined ? null : shownBridge(account.state);
  };

  /** What fails for one mailbox keeps no other waiting. */
  async function tell(name: AccountMessage, ids: readonly string[]): Promise<void> {
    setBusy((now) => new Map([...now, ...ids.map((id) => [id, underWay[name]] as const)]));
    for (const id of ids) {
      const asked = name === "account-connect" ? send(name, { id, shown: shownOf(id) }) : send(name, { id });
      await asked.then(setAnswer, reload);
      setBusy((now) => new Map([...now].filter(([other]) => other !== id)));
    }
  }

  async function run(name: AccountMessage, ids: readonly string[]): Promise<void> {
    // First of all: a permission may only be asked for while the click is fresh.
    if (name !== "account-forget" && !(await allow([...new Set(ids.flatMap(originsOf))]))) return;
    await tell(name, ids);
  }

  const start = (name: AccountMessage, ids: readonly string[]): void => {
    run(name, ids).catch(reload);
  };
  const accounts = (answer?.accounts ?? []).map((account) => {
    const kind = busy.get(account.id);
    return kind === undefined ? account : { ...account, state: { kind } };
  });
  /** Keeps what was typed; code of why not, or null. */
  async function keep(given: RequestOf<"account-change">, origins: readonly string[]): Promise<string | null> {
    try {
      if (!(await allow(origins))) return "client/refused";
      setAnswer(await send("account-change", given));
      return null;
    } catch {
      return "extension/asleep";
    }
  }
  async function changeBridge(id: string, url: string): Promise<string | null> {
    const typed = bridgeUrl(url);
    const problem = await keep({ id, bridge: url }, typed === null ? [] : [originPattern(typed)]);
    if (problem === null && typed !== null) tell("account-look", [id]).catch(reload);
    return problem;
  }
  const actions: AccountActions = {
    onLook: (id) => start("account-look", [id]),
    onConnect: (id) => start("account-connect", [id]),
    onForget: (id) => start("account-forget", [id]),
    onBridge: changeBridge,
    onTrusted: async (id, trusted) => await keep({ id, trusted }, []),
  };
  return {
    answer,
    accounts,
    actions,
    lookAll: () =>
      start(
        "account-look",
        (answer?.accounts ?? []).map((account) => account.id),
      ),
    take: setAnswer,
    reload,
  };
}
