// account-connect: the reader's one confirmation. Pins the bridge and its keys for this mailbox, then asks the bridge to
// mail the code that pairs. What is pinned is what he was shown: while the page stands there, whoever has the bridge's web
// site may show other keys, and the background hears of them.
import * as v from "valibot";
import { startPairing } from "../../client/pairing.ts";
import { shownBridge } from "../../ui/account.ts";
import type { ShownBridge } from "../../ui/account.ts";
import type { AccountRecord } from "../account-record.ts";
import { accountState } from "../accounts.ts";
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import type { HostAccount } from "../platform.ts";
import { listedAccount, settingsAnswer } from "../settings-answer.ts";
import { accountRequest } from "./forms.ts";
import type { RequestOf } from "./map.ts";

const text = v.pipe(v.string(), v.maxLength(300));
const shownSchema = v.nullable(v.object({ host: text, keys: v.pipe(v.array(text), v.maxLength(100)) }));

function parse(given: Readonly<Record<string, unknown>>): RequestOf<"account-connect"> | null {
  const account = accountRequest(given);
  const shown = v.safeParse(shownSchema, given["shown"]);
  return account === null || !shown.success ? null : { ...account, shown: shown.output };
}

function isShown(record: AccountRecord, shown: ShownBridge | null, now: number): boolean {
  return JSON.stringify(shownBridge(accountState(record, now))) === JSON.stringify(shown);
}

async function connect(background: Background, account: HostAccount, shown: ShownBridge | null): Promise<void> {
  const { platform, accounts } = background;
  const [address] = account.addresses;
  let agreed = false;
  const record = await accounts.change(account.id, (now) => {
    agreed = isShown(now, shown, platform.now());
    const pinned = now.changed ?? now.pinned ?? now.found;
    // A bridge whose keys are new to us does not get the bearer that another gave.
    const session = now.changed === null ? now.session : null;
    if (pinned === null || !agreed) return now;
    const keysAt = shown === null ? now.keysAt : platform.now();
    return { ...now, pinned, session, keysAt, found: null, changed: null, failure: null, lost: false };
  });
  if (!agreed || record.pinned === null || record.session !== null || address === undefined) return;
  const since = platform.now();
  const { api } = record.pinned;
  const started = await startPairing(platform.fetch, api, address);
  await accounts.change(account.id, (now) => {
    // Disconnected meanwhile, or another bridge confirmed: this one's code is not awaited.
    if (now.pinned?.api !== api) return now;
    return started.ok
      ? { ...now, pairing: { id: started.value.pairing, address, since, expiresAt: started.value.expiresAt } }
      : { ...now, pairing: null, failure: started.code };
  });
}

export function accountConnect(background: Background): Handler<"account-connect"> {
  return {
    from: ["page"],
    parse,
    async handle({ id, shown }) {
      const account = await listedAccount(background, id);
      if (account !== null) await connect(background, account, shown);
      return await settingsAnswer(background);
    },
  };
}
