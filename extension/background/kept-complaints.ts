// Complaints made here: with the secret that takes each back, and for the words "You reported this as …".
import * as v from "valibot";
import { madeSchema, standingSchema } from "../client/complaints.ts";
import type { ComplaintState } from "../ui/complaint.ts";
import { keepNewest } from "./kept-index.ts";
import type { Platform } from "./platform.ts";

const complaintSchema = v.object({
  ref: v.string(),
  accountId: v.string(),
  ...v.omit(standingSchema, ["state"]).entries,
  ...madeSchema.entries,
  state: v.picklist(["pending", "queued", "counted", "local"]),
  /** The mail went to Junk with the complaint. */
  moved: v.boolean(),
});
/** One complaint; `at`, `undoUntil` in Unix seconds. */
export type KeptComplaint = Readonly<v.InferOutput<typeof complaintSchema>>;

/** Complaints remembered here; the bridge remembers 400 days of a paired reader's. */
const list = { indexKey: "complaints", prefix: "complaint:", max: 300 } as const;
/** Whose complaint it is, and the bridge's handle of the mail: one mail may lie in several mailboxes, each with its own. */
export type ComplaintName = Pick<KeptComplaint, "accountId" | "ref">;
const keyOf = ({ accountId, ref }: ComplaintName): string => `${list.prefix}${accountId}:${ref}`;

/** null: none was made here, or it can't be read any more; the bridge may still know of it. */
export async function readComplaint(
  platform: Pick<Platform, "local">,
  name: ComplaintName,
): Promise<KeptComplaint | null> {
  const read = v.safeParse(complaintSchema, await platform.local.read(keyOf(name)));
  if (!read.success) return null;
  const { accountId, ref } = read.output;
  return accountId === name.accountId && ref === name.ref ? read.output : null;
}

export async function writeComplaint(platform: Pick<Platform, "local">, complaint: KeptComplaint): Promise<void> {
  await keepNewest(platform.local, list, keyOf(complaint), complaint);
}

export async function removeComplaint(platform: Pick<Platform, "local">, name: ComplaintName): Promise<void> {
  await platform.local.remove(keyOf(name));
}

/** How a kept complaint is shown; undo is offered while its time lasts. */
export function keptState(kept: KeptComplaint | null, now: number): ComplaintState {
  if (kept === null) return { kind: "none" };
  const { code, actual, at, undoUntil, state } = kept;
  return {
    kind: "reported",
    complaint: { code, actual, at, undoUntil: undoUntil > now ? undoUntil : null, state },
  };
}
