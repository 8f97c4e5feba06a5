// The postmaster's numbers: what one's own readers said about others' mail, and what others' readers said about one's own.
import * as v from "valibot";
import { errorSchema, json } from "./answers.ts";
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
      purpose: v.string(),
      code: v.string(),
      attested: v.pipe(v.boolean(), v.description("the mail went to a reader of the reporting domain")),
      count,
    }),
  ),
  queue: v.object({ queued: count, sent: count, failed: count, waiting: count }),
});

const daySeconds = 86_400;

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
        401: { description: "No administrator", schema: errorSchema },
      },
      async handle({ c }) {
        const asked = Number(c.req.query("days") ?? 30);
        const days = Number.isInteger(asked) && asked >= 1 && asked <= 400 ? asked : 30;
        const since = (Math.floor(clock.now() / daySeconds) - days + 1) * daySeconds;
        const [sent, received, queue] = await Promise.all([
          store.complaints.counts(since),
          store.received.counts(since),
          store.reports.state(),
        ]);
        return json({
          days,
          sent: sent.map((row) => ({ ...row, day: isoDay(row.day) })),
          received: received.map((row) => ({ ...row, day: isoDay(row.day) })),
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
