// A complaint by clicks in an open panel: the same in Thunderbird's popup and Chromium's, since the panel is the same.
import { until } from "./wait.ts";

/** What both popups can. */
export interface PanelPage {
  text(selector: string): Promise<string | null>;
  click(selector: string): Promise<void>;
}

/** A choice of "What is it really?" and whether the sender is told, where the panel asks. */
export interface Complaint {
  /** Value of the radio button. */
  readonly really: string;
  readonly tellSender: boolean;
  /** Whether "Move to Junk", ticked at first in Thunderbird, is unticked. */
  readonly keepInInbox: boolean;
  /** Called before "Report" is clicked. */
  readonly look?: () => void;
}

/** First click: "Not what it says…"; then the choice; then "Report". Resolves with what stands there afterwards. */
export async function complain(panel: PanelPage, complaint: Complaint): Promise<string> {
  await panel.click(".wb-foot .wb-strong");
  await panel.click(`form.wb-step input[value="${complaint.really}"]`);
  if (complaint.tellSender) await panel.click("form.wb-step .wb-consequence input[type=checkbox]");
  if (complaint.keepInInbox) await panel.click("form.wb-step .wb-foot input[type=checkbox]");
  complaint.look?.();
  await panel.click("form.wb-step button[type=submit]");
  return until("the complaint to be taken", async () => {
    const status = await panel.text(".wb-status");
    if (status?.startsWith("Not reported") === true) throw new Error(status);
    return status?.startsWith("Reported as") === true ? status : null;
  });
}

/** "Undo"; resolves when the panel says so. */
export async function undo(panel: PanelPage): Promise<void> {
  await panel.click(".wb-foot .wb-strong");
  await until("the complaint to be taken back", async () => (await panel.text(".wb-status"))?.startsWith("Taken back"));
}
