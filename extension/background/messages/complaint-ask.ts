// complaint-ask: how the complaint about a tab's mail stands at the bridge: "… has counted it".
import { askComplaint } from "../../client/complaints.ts";
import type { ComplaintState } from "../../ui/complaint.ts";
import type { Background } from "../background.ts";
import { deskFor } from "../complaint-desk.ts";
import type { Handler } from "../dispatch.ts";
import { keptState, readComplaint } from "../kept-complaints.ts";
import { mailRequest } from "./forms.ts";

export function complaintAsk(background: Background): Handler<"complaint-ask"> {
  const { platform } = background;
  return {
    from: ["page"],
    parse: mailRequest,
    async handle({ tabId, key }): Promise<ComplaintState | null> {
      const current = await background.current(tabId);
      if (current.kind !== "mail" || current.key !== key) return null;
      const desk = await deskFor(background, current.record);
      if (desk === null) return { kind: "none" };
      const kept = await readComplaint(platform, desk);
      if (desk.desk.token === null) return keptState(kept, platform.now());
      const standing = await askComplaint(desk.desk, desk.ref);
      if (!standing.ok) return keptState(kept, platform.now());
      const { value } = standing;
      if (value === null || value.state === "undone") return { kind: "none" };
      // Without the secret, kept where the complaint was made, nobody can take it back from here.
      const undoUntil = kept !== null && kept.undoUntil > platform.now() ? kept.undoUntil : null;
      const { code, actual, at, state } = value;
      return { kind: "reported", complaint: { code, actual, at, undoUntil, state } };
    },
  };
}
