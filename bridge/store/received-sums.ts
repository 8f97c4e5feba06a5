// What other bridges' borders saw of mail that says it is ours and whose declaration does not hold: their daily sums, kept
// per reporter. Only what a reporter signed gets here; whether it counts well stays its word (protocol section 6).
import type { Kysely, Transaction } from "kysely";
import type { SummedResult } from "../../shared/report/counts.ts";
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

/** The table of received sums. */
export interface ReceivedSumStore {
  /** Sums that speak of `day` and later days. */
  since(day: number): Promise<readonly ReceivedSum[]>;
  /** Removes up to `limit` that speak of days before `day`; how many it removed. */
  forget(day: number, limit: number): Promise<number>;
}

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

/** Received sums through Kysely. */
export function receivedSumStore(db: Kysely<Tables>): ReceivedSumStore {
  return {
    async since(day) {
      const rows = await db
        .selectFrom("received_sums")
        .select(["day", "reporter", "domain", "result", "purpose", "count"])
        .where("day", ">=", day)
        .orderBy("day")
        .orderBy("count", "desc")
        .execute();
      return rows.map((row) => ({
        ...row,
        result: row.result as SummedResult,
        purpose: row.purpose === "" ? null : row.purpose,
      }));
    },
    async forget(day, limit) {
      const old = db.selectFrom("received_sums").select("id").where("day", "<", day).limit(limit);
      const { numDeletedRows } = await db.deleteFrom("received_sums").where("id", "in", old).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
