// account-forget: disconnects a mailbox: the bearer is given up at the bridge, pins and pairing are forgotten.
import { endSession } from "../../client/pairing.ts";
import { freshAccount } from "../account-record.ts";
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import { settingsAnswer } from "../settings-answer.ts";
import { accountRequest } from "./forms.ts";

export function accountForget(background: Background): Handler<"account-forget"> {
  return {
    from: ["page"],
    parse: accountRequest,
    async handle({ id }) {
      const { pinned, session } = await background.accounts.read(id);
      // If the bridge can't be reached the bearer stays listed there, where its owner can revoke it.
      if (pinned !== null && session !== null) await endSession(background.platform.fetch, pinned.api, session.token);
      await background.accounts.change(id, ({ bridge, trusted }) => ({ ...freshAccount, bridge, trusted }));
      return await settingsAnswer(background);
    },
  };
}
