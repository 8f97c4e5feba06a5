// accounts-ask: every mailbox and how far it has come with its bridge.
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import { settingsAnswer } from "../settings-answer.ts";
import { emptyRequest } from "./forms.ts";

export function accountsAsk(background: Background, before: () => Promise<void>): Handler<"accounts-ask"> {
  return {
    from: ["page"],
    parse: emptyRequest,
    async handle() {
      // The page asks while it waits for a pairing: the moment to look whether the mail with the code is there.
      // Where it can't, offline for instance, the mailboxes are shown all the same.
      await before().catch(background.platform.failed);
      return await settingsAnswer(background);
    },
  };
}
