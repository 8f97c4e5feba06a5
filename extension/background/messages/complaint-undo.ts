// complaint-undo: takes back a complaint made here.
import { undoComplaint } from "../../client/complaints.ts";
import type { ComplaintState } from "../../ui/complaint.ts";
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import { readComplaint, removeComplaint } from "../kept-complaints.ts";
import { isText } from "./forms.ts";

export function complaintUndo(background: Background): Handler<"complaint-undo"> {
  const { platform, accounts } = background;
  return {
    from: ["page"],
    parse: ({ accountId, ref }) => (isText(accountId, 600) && isText(ref, 200) ? { accountId, ref } : null),
    async handle(name): Promise<ComplaintState> {
      const kept = await readComplaint(platform, name);
      const account = kept === null ? null : await accounts.read(kept.accountId);
      if (kept === null || account === null || account.pinned === null) return { kind: "failed", code: "mail/gone" };
      const { pinned, session } = account;
      const desk = { fetch: platform.fetch, api: pinned.api, token: session?.token ?? null };
      const undone = await undoComplaint(desk, kept);
      if (!undone.ok) return { kind: "failed", code: undone.code };
      await removeComplaint(platform, name);
      return { kind: "undone", inJunk: kept.moved };
    },
  };
}
