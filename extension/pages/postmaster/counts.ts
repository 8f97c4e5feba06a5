// The postmaster's numbers, read from the bridge and summed for showing.
import * as v from "valibot";
import { ok, perm } from "../../../shared/result.ts";
import type { Result } from "../../../shared/result.ts";
import { shown } from "../../../shared/verdict/shown.ts";
import { requestJson } from "../../client/request.ts";
import type { Fetch } from "../../client/request.ts";

/** Strangers chose it: what can't be seen or turns what stands beside it is made visible. */
const text = v.pipe(v.string(), v.maxLength(400), v.transform(shown));
const day = v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}$/));
const count = v.pipe(v.number(), v.minValue(0));
const answerSchema = v.object({
  sent: v.array(v.object({ day, domain: v.nullish(text, null), purpose: v.nullish(text, null), code: text, count })),
  received: v.array(
    v.object({
      day,
      signer: text,
      purpose: v.nullish(text, null),
      code: text,
      attested: v.optional(v.boolean(), false),
      count,
    }),
  ),
  sums: v.optional(
    v.array(
      v.object({
        day,
        reporter: v.nullish(text, null),
        domain: text,
        purpose: v.nullish(text, null),
        result: text,
        count,
      }),
    ),
    [],
  ),
  queue: v.nullish(v.object({ queued: count, sent: count, failed: count }), null),
});

/** A large sender has thousands of lines a month, and strangers may add as many. */
const maxBytes = 8_388_608;

/** Complaints, or mails found broken or replayed, of one sender and one purpose on one day. */
export interface CountRow {
  readonly day: string;
  /** Address, domain, or "@domain" for a week's count of all its addresses; null: nobody declared the mail. */
  readonly sender: string | null;
  readonly purpose: string | null;
  readonly code: string;
  /** Of received ones: the mail went to a reader of the reporting domain. */
  readonly attested: boolean | null;
  /** Of what others' borders saw: the domain whose bridge counted; null: several. */
  readonly reporter: string | null;
  readonly count: number;
}

export interface Counts {
  /** What one's own readers said about others' mail. */
  readonly sent: readonly CountRow[];
  /** What others' readers said about one's own mail. */
  readonly received: readonly CountRow[];
  /** What others' borders saw in one's own name; `code` is the result. */
  readonly seen: readonly CountRow[];
  readonly queue: { readonly queued: number; readonly sent: number; readonly failed: number } | null;
}

export async function readCounts(
  fetchIt: Fetch,
  base: URL,
  days: number,
  token: string | null,
): Promise<Result<Counts>> {
  const url = new URL(`api/v1/admin/counts?days=${days}`, base);
  const answer = await requestJson(fetchIt, { method: "GET", url: url.href, token, maxBytes });
  if (!answer.ok) return answer;
  const parsed = v.safeParse(answerSchema, answer.value);
  if (!parsed.success) return perm("client/counts", "not what a bridge answers");
  const { sent, received, sums, queue } = parsed.output;
  return ok({
    sent: sent.map(({ domain, ...row }) => ({ ...row, sender: domain, attested: null, reporter: null })),
    received: received.map(({ signer, ...row }) => ({ ...row, sender: signer, reporter: null })),
    seen: sums.map(({ domain, result, ...row }) => ({ ...row, sender: domain, code: result, attested: null })),
    queue,
  });
}

/** The last `days` days, oldest first, UTC, ending with the day of `now` (Unix seconds). */
export function lastDays(days: number, now: number): readonly string[] {
  return Array.from({ length: days }, (_, index) =>
    new Date((now - (days - 1 - index) * 86_400) * 1000).toISOString().slice(0, 10),
  );
}

/** Counts by day, then by code: what the chart stacks. */
export function byDay(rows: readonly CountRow[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const days = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const codes = days.get(row.day) ?? new Map<string, number>();
    codes.set(row.code, (codes.get(row.code) ?? 0) + row.count);
    days.set(row.day, codes);
  }
  return days;
}

/** Rows of one sender, purpose, code, attestation and reporter summed over the days, most first. */
export function summed(rows: readonly CountRow[]): readonly CountRow[] {
  const sums = new Map<string, CountRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.sender, row.purpose, row.code, row.attested, row.reporter]);
    const before = sums.get(key);
    sums.set(key, { ...row, count: row.count + (before?.count ?? 0) });
  }
  return [...sums.values()].toSorted((a, b) => b.count - a.count);
}
