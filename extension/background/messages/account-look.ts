// account-look: looks for the mailbox's bridge. The page has asked for permission to talk to the places before.
import { mailDomain } from "../../client/bridge-url.ts";
import { findBridge } from "../../client/well-known.ts";
import { bridgePlaces } from "../accounts.ts";
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import type { HostAccount } from "../platform.ts";
import { listedAccount, settingsAnswer } from "../settings-answer.ts";
import { accountRequest } from "./forms.ts";

/** Codes that say "nothing there", not "something went wrong". */
function isAbsent(code: string): boolean {
  return code === "client/unreachable" || code === "client/not-json" || code.startsWith("client/status-4");
}

async function look(background: Background, account: HostAccount): Promise<void> {
  const { platform, accounts } = background;
  const record = await accounts.read(account.id);
  const domain = mailDomain(account.addresses[0] ?? "") ?? "";
  const found = await findBridge(platform.fetch, bridgePlaces(account, record), domain);
  // A typed address that does not answer is a mistake to show; a provider without a bridge is the usual case.
  const failure = found.ok || (record.bridge === null && isAbsent(found.code)) ? null : found.code;
  await accounts.change(account.id, (now) =>
    // Another address was typed meanwhile: what answers at the former is not what the reader asks about.
    now.bridge === record.bridge
      ? { ...now, lookedAt: platform.now(), found: found.ok ? found.value : null, failure }
      : now,
  );
}

export function accountLook(background: Background): Handler<"account-look"> {
  return {
    from: ["page"],
    parse: accountRequest,
    async handle({ id }) {
      const account = await listedAccount(background, id);
      if (account !== null) await look(background, account);
      return await settingsAnswer(background);
    },
  };
}
