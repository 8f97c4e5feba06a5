// The postmaster's numbers: what one's own readers said about others' mail, what others' readers said about one's own, and
// what others' borders saw of mail that only says it is one's own.
import * as v from "valibot";
import { summedResults } from "../../shared/report/counts.ts";
import { json } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { ApiDeps } from "./ports.ts";

const day = v.pipe(v.string(), v.description("YYYY-MM-DD, UTC"));
const count = v.pipe(v.number(), v.integer());
const answerSchema = v.object({
  days: count,
  sent: v.array(
    v.object({
      day,
      domain: v.pipe(v.nullable(v.string()), v.description("the declaring domain; null: nobody declared the mail")),
      purpose: v.nullable(v.string()),
      code: v.string(),
      route: v.picklist(["report", "count", "local"]),
      count,
    }),
  ),
  received: v.array(
    v.object({
      day,
      signer: v.pipe(v.string(), v.description('address of ours, or "@domain" for weekly counts')),
      purpose: v.pipe(v.nullable(v.string()), v.description("null: several, beyond the largest of a day")),
      code: v.string(),
      attested: v.pipe(v.boolean(), v.description("the mail went to a reader of the reporting domain")),
      count,
    }),
  ),
  sums: v.pipe(
    v.array(
      v.object({
        day: v.pipe(v.string(), v.description("the day it speaks of, YYYY-MM-DD, UTC")),
        reporter: v.pipe(
          v.nullable(v.string()),
          v.description("whose bridge counted: the domain that signed; null: several, beyond the largest of a day"),
        ),
        domain: v.pipe(v.string(), v.description("of ours, which the mails name as their signer")),
        purpose: v.pipe(v.nullable(v.string()), v.description("as the mails said; null: several, each of few mails")),
        result: v.picklist(summedResults),
        attested: v.pipe(v.boolean(), v.description("the reporter's signature was verified; its count is its word")),
        count,
      }),
    ),
    v.description("mails that others' borders saw in our name, with broken or replayed declarations"),
  ),
  queue: v.object({ queued: count, sent: count, failed: count, waiting: count }),
});

const daySeconds = 86_400;
/** Lines of others' sums, and of their weekly counts: who has domains by the million may tell tens of thousands a day. */
const mostLines = 3_000;

function isoDay(day: number): string {
  return new Date(day * daySeconds * 1_000).toISOString().slice(0, 10);
}

/** The endpoint. */
export function adminEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const { store, clock } = deps;
  return [
    endpoint({
      method: "get",
      path: "/api/v1/admin/counts",
      summary: "Complaints sent and received, per sender, purpose and day",
      access: "admin",
      query: { days: "how many days back, 1 to 400; 30 by default" },
      answers: {
        200: { description: "The counts", schema: answerSchema },
      },
      async handle({ c }) {
        const asked = Number(c.req.query("days") ?? 30);
        const days = Number.isInteger(asked) && asked >= 1 && asked <= 400 ? asked : 30;
        const first = Math.floor(clock.now() / daySeconds) - days + 1;
        const since = first * daySeconds;
        const linesADay = Math.ceil(mostLines / days);
        const [sent, received, sums, queue] = await Promise.all([
          store.complaints.counts(since),
          store.received.counts(since, linesADay),
          store.receivedSums.since(first, linesADay),
          store.reports.state(),
        ]);
        return json({
          days,
          sent: sent.map((row) => ({ ...row, day: isoDay(row.day) })),
          received: received.map((row) => ({ ...row, day: isoDay(row.day) })),
          // Only what a reporter signed is kept.
          sums: sums.map((row) => ({ ...row, day: isoDay(row.day), attested: true })),
          queue: {
            queued: queue.queued,
            sent: queue.sent,
            failed: queue.failed,
            waiting: store.arrivals.waiting(),
          },
        });
      },
    }),
  ];
}
