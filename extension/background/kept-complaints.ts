// Complaints made here: with the secret that takes each back, and for the words "You reported this as …".
import type { ComplaintCode } from "../../shared/ipp/registry.ts";
import type { ComplaintState, ReportedComplaint } from "../ui/complaint.ts";
import type { Platform } from "./platform.ts";

export interface KeptComplaint {
  readonly ref: string;
  readonly accountId: string;
  readonly code: ComplaintCode;
  readonly actual: string | null;
  /** Unix seconds. */
  readonly at: number;
  readonly id: string;
  readonly undo: string;
  readonly undoUntil: number;
  readonly state: ReportedComplaint["state"];
  /** The mail went to Junk with the complaint. */
  readonly moved: boolean;
}

/** Complaints remembered here; the bridge remembers 400 days of a paired reader's. */
const maxKept = 300;
const indexKey = "complaints";
const keyOf = (ref: string): string => `complaint:${ref}`;

export async function readComplaint(platform: Pick<Platform, "local">, ref: string): Promise<KeptComplaint | null> {
  return ((await platform.local.read(keyOf(ref))) as KeptComplaint | undefined) ?? null;
}

export async function writeComplaint(platform: Pick<Platform, "local">, complaint: KeptComplaint): Promise<void> {
  const index = ((await platform.local.read(indexKey)) ?? []) as readonly string[];
  const next = [...index.filter((ref) => ref !== complaint.ref), complaint.ref];
  await platform.local.write(keyOf(complaint.ref), complaint);
  for (const gone of next.slice(0, Math.max(0, next.length - maxKept))) await platform.local.remove(keyOf(gone));
  await platform.local.write(indexKey, next.slice(-maxKept));
}

export async function removeComplaint(platform: Pick<Platform, "local">, ref: string): Promise<void> {
  const index = ((await platform.local.read(indexKey)) ?? []) as readonly string[];
  await platform.local.write(
    indexKey,
    index.filter((other) => other !== ref),
  );
  await platform.local.remove(keyOf(ref));
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
