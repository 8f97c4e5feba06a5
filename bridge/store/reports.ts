// Reports on their way: queued → sent or failed. A try is written down before it is made, so that a process that dies in
// the middle tries again later and never spins; the receiving side counts two of the same once (protocol section 6).
import type { Kysely } from "kysely";
import { type NewReport, reportRows } from "./complaints.ts";
import type { Tables } from "./schema.ts";

/** A report that is due. */
export interface DueReport {
  readonly id: string;
  readonly kind: NewReport["kind"];
  readonly domain: string;
  readonly payload: string;
  readonly createdAt: number;
  readonly giveUpAt: number;
  /** Tries made before this one. */
  readonly attempts: number;
}

/** How many reports stand where, and since when the oldest waits. */
export interface QueueState {
  readonly queued: number;
  readonly sent: number;
  readonly failed: number;
  /** Unix seconds of the earliest due time of all that are queued; null: none is. */
  readonly nextAt: number | null;
}

/** The queue of reports. */
export interface ReportStore {
  /** Queues reports that no complaint stands behind (weekly counts, daily sums); ones whose id is known are left as they are. */
  queue(reports: readonly NewReport[], now: number): Promise<void>;
  /** Up to `limit` reports due at `now`, the longest due first; those that a clock ahead put off too far are among them. */
  due(now: number, limit: number): Promise<readonly DueReport[]>;
  /** Writes down that a try begins; should nothing more be heard of it, it is due again at `retryAt`. */
  attempting(id: string, retryAt: number): Promise<void>;
  /** The receiving side took it. */
  sent(id: string, now: number): Promise<void>;
  /** Not taken; due again at `retryAt`. */
  retry(id: string, retryAt: number, error: string): Promise<void>;
  /** Given up, or refused for good. */
  failed(id: string, now: number, error: string): Promise<void>;
  state(): Promise<QueueState>;
  /** Removes up to `limit` finished reports from before `before`; how many it removed. */
  forget(before: number, limit: number): Promise<number>;
}

/** No try waits longer for the next (outbox.ts); what would was put off by a clock that was ahead. */
const longestWaitSeconds = 43_200;

/** Words of an answer or error that are kept. */
const errorLength = 200;

/** Reports through Kysely. */
export function reportStore(db: Kysely<Tables>): ReportStore {
  const change = async (id: string, values: Partial<Tables["reports"]>): Promise<void> => {
    await db.updateTable("reports").set(values).where("id", "=", id).where("state", "=", "queued").execute();
  };
  return {
    async queue(reports, now) {
      if (reports.length === 0) return;
      await db
        .insertInto("reports")
        .values(reportRows(reports, null, now))
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    },
    async due(now, limit) {
      const queued = db
        .selectFrom("reports")
        .select(["id", "kind", "domain", "payload", "created_at", "give_up_at", "attempts"])
        .where("state", "=", "queued")
        .orderBy("next_at");
      // One after the other, each by its part of the index: "or" would read all that wait, each second.
      const rows = await queued.where("next_at", "<=", now).limit(limit).execute();
      const astray = queued.where("next_at", ">", now + longestWaitSeconds).where("attempts", ">", 0);
      const all = [...rows, ...(await astray.limit(limit - rows.length).execute())];
      return all.map((row) => ({
        id: row.id,
        kind: row.kind as NewReport["kind"],
        domain: row.domain,
        payload: row.payload,
        createdAt: row.created_at,
        giveUpAt: row.give_up_at,
        attempts: row.attempts,
      }));
    },
    async attempting(id, retryAt) {
      await db
        .updateTable("reports")
        .set((row) => ({ attempts: row("attempts", "+", 1), next_at: retryAt }))
        .where("id", "=", id)
        .where("state", "=", "queued")
        .execute();
    },
    sent: (id, now) => change(id, { state: "sent", sent_at: now, error: null }),
    retry: (id, retryAt, error) => change(id, { next_at: retryAt, error: error.slice(0, errorLength) }),
    failed: (id, now, error) => change(id, { state: "failed", sent_at: now, error: error.slice(0, errorLength) }),
    async state() {
      const rows = await db
        .selectFrom("reports")
        .select("state")
        .select((row) => [row.fn.countAll<number>().as("count"), row.fn.min("next_at").as("next")])
        .groupBy("state")
        .execute();
      const of = (state: string): number => rows.find((row) => row.state === state)?.count ?? 0;
      const nextAt = rows.find((row) => row.state === "queued")?.next ?? null;
      return { queued: of("queued"), sent: of("sent"), failed: of("failed"), nextAt };
    },
    async forget(before, limit) {
      const old = db
        .selectFrom("reports")
        .select("id")
        .where("state", "in", ["sent", "failed"])
        .where("next_at", "<", before)
        .limit(limit);
      const { numDeletedRows } = await db.deleteFrom("reports").where("id", "in", old).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
