// When a mail was first put off because its declaration could not be checked (protocol section 3: 451 4.7.5 for up to
// 4 h, then undeclared).
import type { DatabaseSync } from "node:sqlite";
import type { Deferrals, Eventually } from "../pipeline/ports.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { digest } from "./digest.ts";

/** The table of deferrals. */
export interface DeferralStore extends Deferrals {
  /** Removes up to `limit` rows from before `before`; how many it removed. */
  forget(before: number, limit: number): Eventually<number>;
}

/** Deferrals in SQLite; what is not yet written is remembered in memory until it is. */
export function deferralStore(database: DatabaseSync, queue: CommitQueue): DeferralStore {
  const select = database.prepare("select at from deferrals where identity = ?");
  const insert = database.prepare("insert or ignore into deferrals (identity, at) values (?, ?)");
  const remove = database.prepare(
    "delete from deferrals where identity in (select identity from deferrals where at < ? order by at limit ?)",
  );
  const waiting = new Map<string, number>();
  queue.onEmpty(() => waiting.clear());
  return {
    firstSeen(identity, now) {
      const key = digest(identity);
      const kept = waiting.get(key) ?? select.get(key)?.["at"];
      if (kept !== undefined) return Number(kept);
      waiting.set(key, now);
      queue.push(insert, () => [key, now]);
      return now;
    },
    forget(before, limit) {
      return Number(remove.run(before, limit).changes);
    },
  };
}
