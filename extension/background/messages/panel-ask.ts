// panel-ask: what the panel shows for the mail in a tab, from what is here already; nothing is asked over the network
// that the verdict itself does not need.
import type { Background } from "../background.ts";
import { channelOf, deskFor } from "../complaint-desk.ts";
import type { Handler } from "../dispatch.ts";
import { keptState, readComplaint } from "../kept-complaints.ts";
import { readPreferences } from "../preferences.ts";
import { tabRequest } from "./forms.ts";

export function panelAsk(background: Background): Handler<"panel-ask"> {
  const { platform } = background;
  return {
    from: ["page"],
    parse: tabRequest,
    async handle({ tabId }) {
      const current = await background.current(tabId);
      if (current.kind !== "mail") return current;
      const { record, key, handle } = current;
      const desk = await deskFor(background, record);
      const kept = desk === null ? null : await readComplaint(platform, desk);
      const account = record.accountId === null ? null : await background.accounts.read(record.accountId);
      const { junk } = await readPreferences(platform);
      const canMove = platform.moveToJunk !== null && handle !== null;
      return {
        kind: "mail",
        key,
        accountId: record.accountId,
        verdict: record.verdict,
        complaint: keptState(kept, platform.now()),
        channel: channelOf(desk),
        trouble: account?.lost === true ? "lost" : (account?.changed ?? null) === null ? null : "changed",
        junk: canMove ? (junk ? "ticked" : "empty") : "absent",
      };
    },
  };
}
