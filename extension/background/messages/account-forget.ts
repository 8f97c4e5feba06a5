// account-forget: disconnects a mailbox: the bearer is given up at the bridge, pins and pairing are forgotten.
import { endSession } from "../../client/pairing.ts";
import { freshAccount } from "../account-record.ts";
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import { settingsAnswer } from "../settings-answer.ts";
import { accountRequest } from "./forms.ts";

/** If the bridge can't be reached the bearer stays listed there, where its owner can revoke it. */
export async function giveUpBearer({ platform, accounts }: Background, id: string): Promise<void> {
  const { pinned, session } = await accounts.read(id);
  if (pinned !== null && session !== null) await endSession(platform.fetch, pinned.api, session.token);
}

export function accountForget(background: Background): Handler<"account-forget"> {
  return {
    from: ["page"],
    parse: accountRequest,
    async handle({ id }) {
      await giveUpBearer(background, id);
      await background.accounts.change(id, ({ bridge, trusted }) => ({ ...freshAccount, bridge, trusted }));
      return await settingsAnswer(background);
    },
  };
}
