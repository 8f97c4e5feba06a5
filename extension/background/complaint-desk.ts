// Whom a complaint about a judged mail would go to.
import type { ComplaintDesk } from "../client/complaints.ts";
import type { Channel } from "../ui/complaint.ts";
import type { Background } from "./background.ts";
import type { JudgedRecord } from "./judging.ts";

/** The bridge's desk for this mail, and what handle the bridge knows the mail by. */
export interface Desk {
  readonly desk: ComplaintDesk;
  readonly accountId: string;
  readonly ref: string;
}

/** null: the mailbox has no confirmed bridge, or its servers recorded nothing about this mail. */
export async function deskFor(background: Background, record: JudgedRecord): Promise<Desk | null> {
  const { ref } = record.verdict.complaint;
  if (record.accountId === null || ref === null) return null;
  const { pinned, session } = await background.accounts.read(record.accountId);
  if (pinned === null) return null;
  const { fetch } = background.platform;
  return { desk: { fetch, api: pinned.api, token: session?.token ?? null }, accountId: record.accountId, ref };
}

/**
 * A bridge that does not know the bearer any more never will: the mailbox is then believed and not connected, and the
 * settings say why. Another bearer that came meanwhile stays.
 */
export async function heedRefusal(background: Background, { desk, accountId }: Desk, code: string): Promise<void> {
  if (code !== "api/unauthorized" || desk.token === null) return;
  await background.accounts.change(accountId, (now) =>
    now.session?.token === desk.token ? { ...now, session: null, failure: code } : now,
  );
}

/** As whom the reader would be heard. */
export function channelOf(desk: Desk | null): Channel {
  if (desk === null) return "none";
  return desk.desk.token === null ? "unpaired" : "paired";
}
