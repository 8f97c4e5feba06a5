// account-connect: the reader's one confirmation. Pins the bridge and its keys for this mailbox, then asks the bridge to
// mail the code that pairs.
import { startPairing } from "../../client/pairing.ts";
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import type { HostAccount } from "../platform.ts";
import { listedAccount, settingsAnswer } from "../settings-answer.ts";
import { accountRequest } from "./forms.ts";

async function connect(background: Background, account: HostAccount): Promise<void> {
  const { platform, accounts } = background;
  const [address] = account.addresses;
  const record = await accounts.change(account.id, (now) => {
    const pinned = now.changed ?? now.found ?? now.pinned;
    // A bridge whose keys are new to us does not get the bearer that another gave.
    const session = now.changed === null ? now.session : null;
    if (pinned === null) return now;
    const keysAt = platform.now();
    return { ...now, pinned, session, keysAt, found: null, changed: null, failure: null, lost: false };
  });
  if (record.pinned === null || record.session !== null || address === undefined) return;
  const since = platform.now();
  const started = await startPairing(platform.fetch, record.pinned.api, address);
  await accounts.change(account.id, (now) =>
    started.ok
      ? { ...now, pairing: { id: started.value.pairing, address, since, expiresAt: started.value.expiresAt } }
      : { ...now, pairing: null, failure: started.code },
  );
}

export function accountConnect(background: Background): Handler<"account-connect"> {
  return {
    from: ["page"],
    parse: accountRequest,
    async handle({ id }) {
      const account = await listedAccount(background, id);
      if (account !== null) await connect(background, account);
      return await settingsAnswer(background);
    },
  };
}
