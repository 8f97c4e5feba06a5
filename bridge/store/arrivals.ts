// Reports as they arrived at the sending side: stored whole before the 202, judged afterwards. So every answer takes the
// same time, whatever the token, and a crash between answer and count loses nothing.
import type { Kysely } from "kysely";
import type { DatabaseSync } from "node:sqlite";
import type { CommitQueue } from "./commit-queue.ts";
import type { NewCount } from "./received.ts";
import { countIn, type WeeklyCount, weeklyIn } from "./received.ts";
import { type ReceivedSum, sumsIn } from "./received-sums.ts";
import type { Tables } from "./schema.ts";

/** A report that waits to be judged. */
export interface Arrival {
  readonly id: number;
  /** When it came; Unix seconds. */
  readonly at: number;
  readonly attempts: number;
  /** JSON, as bridge/api stored it and bridge/reports reads it. */
  readonly request: string;
}

/** What judging found: a report that counts, another bridge's weekly counts or daily sums, or nothing. */
export type Settlement =
  | { readonly kind: "count"; readonly count: NewCount }
  | { readonly kind: "weekly"; readonly counts: readonly WeeklyCount[] }
  | { readonly kind: "sums"; readonly sums: readonly ReceivedSum[] }
  | { readonly kind: "nothing" };

/** The queue of arrivals. */
export interface ArrivalStore {
  /** true once it is on disk; false when too many wait. Rejects when it cannot be written. */
  add(request: string, now: number): Promise<boolean>;
  /** Up to `limit` arrivals due at `now`. */
  due(now: number, limit: number): Promise<readonly Arrival[]>;
  /** Judges it once and for all: what counts is written and the arrival removed in one transaction. */
  settle(id: number, settlement: Settlement): Promise<"counted" | "again" | "full" | "dropped">;
  /** Could not be judged now. */
  retry(id: number, retryAt: number): Promise<void>;
  /** How many wait. */
  waiting(): number;
}

/**
 * With more waiting than this, what can't be judged at once is not kept for another try: reports of domains that never
 * answer would take all others' places for a day.
 */
export const crowdedArrivals = 5_000;

/** Arrivals that may wait: 64 kB each at most, so that a flood fills no more than 0.6 GB even of the largest. */
const waitingArrivals = 10_000;

/** Arrivals in SQLite. */
export function arrivalStore(database: DatabaseSync, db: Kysely<Tables>, queue: CommitQueue): ArrivalStore {
  const insert = database.prepare("insert into arrivals (at, next_at, attempts, request) values (?, ?, 0, ?)");
  let waiting = Number(database.prepare("select count(*) as n from arrivals").get()?.["n"] ?? 0);
  return {
    async add(request, now) {
      if (waiting >= waitingArrivals) return false;
      queue.push(insert, () => [now, now, request]);
      waiting += 1;
      await queue.committed();
      return true;
    },
    async due(now, limit) {
      const rows = await db
        .selectFrom("arrivals")
        .select(["id", "at", "attempts", "request"])
        .where("next_at", "<=", now)
        .orderBy("next_at")
        .limit(limit)
        .execute();
      return rows;
    },
    async settle(id, settlement) {
      let removed = 0;
      const outcome = await db.transaction().execute(async (tx) => {
        const { numDeletedRows } = await tx.deleteFrom("arrivals").where("id", "=", id).executeTakeFirst();
        removed = Number(numDeletedRows);
        if (removed === 0) return "dropped";
        switch (settlement.kind) {
          case "count":
            return countIn(tx, settlement.count);
          case "weekly":
            return weeklyIn(tx, settlement.counts);
          case "sums":
            return sumsIn(tx, settlement.sums);
          case "nothing":
            return "dropped";
        }
      });
      // Only now: what could not be written waits on.
      waiting -= removed;
      return outcome;
    },
    async retry(id, retryAt) {
      await db
        .updateTable("arrivals")
        .set((row) => ({ attempts: row("attempts", "+", 1), next_at: retryAt }))
        .where("id", "=", id)
        .execute();
    },
    waiting: () => waiting,
  };
}
