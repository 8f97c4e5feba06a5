// Reports that count, at the sending side: once per token, reporter and blinded reader; per token no more than it bound
// recipients (protocol section 6). What attested reporters say and what strangers say are counted apart, so that no
// stranger's report takes a reader's place.
import { type Kysely, sql, type Transaction } from "kysely";
import { dayByDay, firstAt } from "./days.ts";
import { digest } from "./digest.ts";
import type { Tables } from "./schema.ts";

/** A verified report about a token of ours. */
export interface NewCount {
  readonly token: string;
  /** Domain that signed the report. */
  readonly reporter: string;
  readonly blinded: string;
  /** The reporter's domain is one of those the declaration binds. */
  readonly attested: boolean;
  /** Recipients the token binds: as many reports count. */
  readonly recipients: number;
  readonly at: number;
  /** Address the declaration was signed for. */
  readonly signer: string;
  readonly purpose: string;
  readonly code: string;
  readonly actual: string | null;
}

/** Another bridge's count of one week, about single-recipient mails of ours. */
export interface WeeklyCount {
  /** Unix week: floor(Unix seconds / 604800). */
  readonly week: number;
  readonly reporter: string;
  readonly domain: string;
  readonly purpose: string;
  readonly code: string;
  readonly count: number;
  readonly at: number;
}

/** One line of the postmaster's counts. */
export interface ReceivedCount {
  /** Unix day. */
  readonly day: number;
  readonly signer: string;
  /** null: several, each of too few complaints to be shown. */
  readonly purpose: string | null;
  readonly code: string;
  readonly attested: boolean;
  readonly count: number;
}

const daySeconds = 86_400;

/** The table of counted reports. */
export interface ReceivedStore {
  /**
   * Counts since a time, weekly ones (signer: "@domain") among them: of those, which strangers choose, the `weeklyADay`
   * largest of each day, the others added up per domain and code.
   */
  counts(since: number, weeklyADay?: number): Promise<readonly ReceivedCount[]>;
  /** Removes up to `limit` from before `before`; how many it removed. */
  forget(before: number, limit: number): Promise<number>;
}

/** Counts one report: "again" when this reader's was counted, "full" when the token has as many as recipients. */
export async function countIn(tx: Transaction<Tables>, count: NewCount): Promise<"counted" | "again" | "full"> {
  const token = digest(count.token);
  const attested = count.attested ? 1 : 0;
  const rows = await tx
    .selectFrom("received")
    .select(["reporter", "blinded"])
    .where("token", "=", token)
    .where("attested", "=", attested)
    .execute();
  if (rows.some((row) => row.reporter === count.reporter && row.blinded === count.blinded)) return "again";
  if (rows.length >= count.recipients) return "full";
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("received")
    .values({
      token,
      reporter: count.reporter,
      blinded: count.blinded,
      attested,
      at: count.at,
      signer: count.signer,
      purpose: count.purpose,
      code: count.code,
      actual: count.actual,
    })
    .onConflict((conflict) => conflict.columns(["token", "reporter", "blinded"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 0n ? "again" : "counted";
}

/** Lines of one week that are kept: whoever has a domain may tell counts, and a wildcard in DNS makes domains by the million. */
export const weeklyRows = 50_000;

/** Keeps a bridge's counts of one week. A bridge tells once: what comes later of the same week is that again. */
export async function weeklyIn(
  tx: Transaction<Tables>,
  counts: readonly WeeklyCount[],
): Promise<"counted" | "again" | "full"> {
  const [first] = counts;
  if (first === undefined) return "again";
  const ofWeek = tx.selectFrom("received_counts").where("week", "=", first.week);
  const told = await ofWeek
    .select("week")
    .where("reporter", "=", first.reporter)
    .where("domain", "=", first.domain)
    .limit(1)
    .executeTakeFirst();
  if (told !== undefined) return "again";
  const { rows } = await ofWeek.select((row) => row.fn.countAll<number>().as("rows")).executeTakeFirstOrThrow();
  if (rows + counts.length > weeklyRows) return "full";
  await tx
    .insertInto("received_counts")
    .values([...counts])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return "counted";
}

async function singleOf(db: Kysely<Tables>, from: number, until: number): Promise<readonly ReceivedCount[]> {
  const rows = await db
    .selectFrom("received")
    .select(["signer", "purpose", "code", "attested"])
    .select((row) => row.fn.countAll<number>().as("count"))
    .where("at", ">=", from)
    .where("at", "<", until)
    .groupBy(["signer", "purpose", "code", "attested"])
    .execute();
  const day = Math.floor(from / daySeconds);
  return rows.map((row) => ({ ...row, day, attested: row.attested === 1 }));
}

async function weeklyOf(
  db: Kysely<Tables>,
  { from, until, lines }: { readonly from: number; readonly until: number; readonly lines: number },
): Promise<readonly ReceivedCount[]> {
  const { rows } = await sql<Omit<ReceivedCount, "attested">>`
    select ${Math.floor(from / daySeconds)} as day, '@' || domain as signer, code,
           case when place <= ${lines} then purpose else null end as purpose, sum(n) as count
      from (select domain, purpose, code, sum(count) as n, row_number() over (order by sum(count) desc) as place
              from received_counts where at >= ${from} and at < ${until} group by domain, purpose, code) as placed
      group by 2, 3, 4 order by count desc, min(place)`.execute(db);
  return rows.map((row) => ({ ...row, attested: false }));
}

/** Counted reports through Kysely. */
export function receivedStore(db: Kysely<Tables>): ReceivedStore {
  return {
    async counts(since, weeklyADay = Infinity) {
      const single = await dayByDay(since, {
        first: firstAt(db, "received"),
        rows: (from, until) => singleOf(db, from, until),
      });
      const weekly = await dayByDay(since, {
        first: firstAt(db, "received_counts"),
        rows: (from, until) => weeklyOf(db, { from, until, lines: weeklyADay }),
      });
      return [...single, ...weekly];
    },
    async forget(before, limit) {
      const old = sql`(select token, reporter, blinded from received where at < ${before} limit ${limit})`;
      const { numDeletedRows } = await db
        .deleteFrom("received")
        .where(sql<boolean>`(token, reporter, blinded) in ${old}`)
        .executeTakeFirst();
      const counts = sql`(select rowid from received_counts where at < ${before} limit ${limit})`;
      const weekly = await db
        .deleteFrom("received_counts")
        .where(sql<boolean>`rowid in ${counts}`)
        .executeTakeFirst();
      return Number(numDeletedRows + weekly.numDeletedRows);
    },
  };
}
