// Complaints to the reader's own bridge: make, take back, ask how one stands.
import * as v from "valibot";
import { complaintCodes } from "../../shared/ipp/registry.ts";
import type { ComplaintCode } from "../../shared/ipp/registry.ts";
import { ok, perm } from "../../shared/result.ts";
import type { Result } from "../../shared/result.ts";
import { bodyOf, exchange, requestJson } from "./request.ts";
import type { Fetch } from "./request.ts";

/** Whom a complaint goes to, and as whom. */
export interface ComplaintDesk {
  readonly fetch: Fetch;
  readonly api: string;
  /** null: as anybody; the complaint then stays with the provider. */
  readonly token: string | null;
}

const seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Also part of what is kept. */
export const madeSchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[\w-]{1,100}$/)),
  undo: v.pipe(v.string(), v.regex(/^[\w-]{1,200}$/)),
  undoUntil: seconds,
});
/** A complaint that was taken; `undo` is the secret that takes it back until `undoUntil` (Unix seconds). */
export type MadeComplaint = v.InferOutput<typeof madeSchema>;

const codes = complaintCodes.map((entry) => entry.value) as [ComplaintCode, ...ComplaintCode[]];
/** Also part of what is kept. */
export const standingSchema = v.object({
  code: v.picklist(codes),
  actual: v.nullish(v.pipe(v.string(), v.maxLength(64)), null),
  at: seconds,
  undoUntil: v.nullish(seconds, null),
  state: v.picklist(["pending", "queued", "counted", "local", "undone"]),
});
/** How an earlier complaint stands at the bridge. */
export type ComplaintStanding = v.InferOutput<typeof standingSchema>;

function parsed<T extends v.GenericSchema>(schema: T, value: unknown): Result<v.InferOutput<T>> {
  const result = v.safeParse(schema, value);
  return result.success ? ok(result.output) : perm("client/complaint", "not what a bridge answers");
}

export async function makeComplaint(
  desk: ComplaintDesk,
  complaint: {
    readonly ref: string;
    readonly code: ComplaintCode;
    readonly actual: string | null;
    readonly tellSender: boolean;
  },
): Promise<Result<MadeComplaint>> {
  const { actual, ...rest } = complaint;
  const body = actual === null ? rest : { ...rest, actual };
  const answer = await requestJson(desk.fetch, {
    method: "POST",
    url: `${desk.api}complaints`,
    body,
    token: desk.token,
  });
  return answer.ok ? parsed(madeSchema, answer.value) : answer;
}

export async function undoComplaint(
  desk: ComplaintDesk,
  made: Pick<MadeComplaint, "id" | "undo">,
): Promise<Result<unknown>> {
  return await requestJson(desk.fetch, {
    method: "DELETE",
    url: `${desk.api}complaints/${encodeURIComponent(made.id)}`,
    body: { undo: made.undo },
    token: desk.token,
  });
}

/** null: this reader has not complained about that mail. */
export async function askComplaint(desk: ComplaintDesk, ref: string): Promise<Result<ComplaintStanding | null>> {
  const url = `${desk.api}complaints?ref=${encodeURIComponent(ref)}`;
  const answer = await exchange(desk.fetch, { method: "GET", url, token: desk.token });
  if (!answer.ok) return answer;
  if (answer.value.status === 404) return ok(null);
  const body = bodyOf(answer.value);
  return body.ok ? parsed(standingSchema, body.value) : body;
}
