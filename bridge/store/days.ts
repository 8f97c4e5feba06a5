// Reading numbers day by day: a month's rows at once would have mail wait for seconds.
import { setImmediate as turn } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import type { Tables } from "./schema.ts";

const daySeconds = 86_400;

/** Where rows of a time are found. Unix seconds. */
export interface DatedRows<Row> {
  /** The first time with rows, from `since` on; null: none. */
  readonly first: (since: number) => Promise<number | null>;
  /** Of one UTC day, from its first row to its end. */
  readonly rows: (from: number, until: number) => Promise<readonly Row[]>;
}

/** All rows since a time, in the order of days; mail is served between two. */
export async function dayByDay<Row>(since: number, { first, rows }: DatedRows<Row>): Promise<readonly Row[]> {
  const all: Row[] = [];
  for (let at = await first(since); at !== null;) {
    const until = (Math.floor(at / daySeconds) + 1) * daySeconds;
    all.push(...(await rows(at, until)));
    await turn();
    at = await first(until);
  }
  return all;
}

/** `first` of a table with an index on `at`. */
export function firstAt(
  db: Kysely<Tables>,
  table: "complaints" | "received" | "received_counts",
): DatedRows<never>["first"] {
  return async (since) => {
    const query = sql<{ at: number | null }>`select min(at) as at from ${sql.table(table)} where at >= ${since}`;
    return (await query.execute(db)).rows[0]?.at ?? null;
  };
}
