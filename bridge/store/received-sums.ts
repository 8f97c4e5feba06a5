// What other bridges' borders saw of mail that says it is ours and whose declaration does not hold: their daily sums, kept
// per reporter. Only what a reporter signed gets here; whether it counts well stays its word (protocol section 6).
import { type Kysely, sql, type Transaction } from "kysely";
import type { SummedResult } from "../../shared/report/counts.ts";
import { dayByDay } from "./days.ts";
import type { Tables } from "./schema.ts";

/** One sum that another bridge told. */
export interface ReceivedSum {
  /** Unix day that it speaks of. */
  readonly day: number;
  /** Domain that signed it. */
  readonly reporter: string;
  /** Ours. */
  readonly domain: string;
  readonly result: SummedResult;
  readonly purpose: string | null;
  readonly count: number;
}

/** A sum as it is shown; without a reporter it is of several, each too small to be shown. */
export type ShownSum = Omit<ReceivedSum, "reporter"> & { readonly reporter: string | null };

/** The table of received sums. */
export interface ReceivedSumStore {
  /**
   * Sums that speak of `day` and later days: of each day the `linesADay` largest, the others added up per domain and
   * result.
   */
  since(day: number, linesADay?: number): Promise<readonly ShownSum[]>;
  /** Removes up to `limit` that speak of days before `day`; how many it removed. */
  forget(day: number, limit: number): Promise<number>;
}

const daySeconds = 86_400;

/** Lines kept of one day: whoever has a domain may tell sums, and a wildcard in DNS makes domains by the million. */
export const sumRowsADay = 20_000;

/** Keeps a bridge's sums of one day about one domain. It tells them once: what comes later of the same day is that again. */
export async function sumsIn(
  tx: Transaction<Tables>,
  sums: readonly ReceivedSum[],
): Promise<"counted" | "again" | "full"> {
  const [first] = sums;
  if (first === undefined) return "again";
  const { day, reporter, domain } = first;
  const ofDay = tx.selectFrom("received_sums").where("day", "=", day);
  const told = await ofDay
    .select("day")
    .where("reporter", "=", reporter)
    .where("domain", "=", domain)
    .limit(1)
    .executeTakeFirst();
  if (told !== undefined) return "again";
  const { rows } = await ofDay.select((row) => row.fn.countAll<number>().as("rows")).executeTakeFirstOrThrow();
  if (rows + sums.length > sumRowsADay) return "full";
  await tx
    .insertInto("received_sums")
    .values(sums.map((sum) => ({ ...sum, purpose: sum.purpose ?? "" })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return "counted";
}

async function firstOf(db: Kysely<Tables>, since: number): Promise<number | null> {
  const { day } = await db
    .selectFrom("received_sums")
    .select((row) => row.fn.min<number | null>("day").as("day"))
    .where("day", ">=", Math.ceil(since / daySeconds))
    .executeTakeFirstOrThrow();
  return day === null ? null : day * daySeconds;
}

async function sumsOf(db: Kysely<Tables>, day: number, lines: number): Promise<readonly ShownSum[]> {
  const { rows } = await sql<ShownSum & { readonly purpose: string }>`
    select day, domain, result, case when place <= ${lines} then reporter else null end as reporter,
           case when place <= ${lines} then purpose else '' end as purpose, sum(count) as count
      from (select *, row_number() over (order by count desc, id) as place from received_sums where day = ${day}) as placed
      group by 1, 2, 3, 4, 5 order by count desc, min(place)`.execute(db);
  return rows.map((row) => ({ ...row, purpose: row.purpose === "" ? null : row.purpose }));
}

/** Received sums through Kysely. */
export function receivedSumStore(db: Kysely<Tables>): ReceivedSumStore {
  return {
    since(day, linesADay = Infinity) {
      return dayByDay(day * daySeconds, {
        first: (since) => firstOf(db, since),
        rows: (from) => sumsOf(db, Math.floor(from / daySeconds), linesADay),
      });
    },
    async forget(day, limit) {
      const old = db.selectFrom("received_sums").select("id").where("day", "<", day).limit(limit);
      const { numDeletedRows } = await db.deleteFrom("received_sums").where("id", "in", old).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
