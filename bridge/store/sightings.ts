// What the border saw of declarations that do not hold, counted per day, signing domain, result and purpose until it is
// told (protocol section 6). Beside each number stand digests of its first readers: enough to know whether there are so
// many that it tells on none of them. Whoever sends mail fills this table, so that each day has an end to it.
import type { DatabaseSync } from "node:sqlite";
import { type Kysely, sql } from "kysely";
import { leastCount, type SummedResult } from "../../shared/report/counts.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { digest, sameAddress } from "./digest.ts";
import type { Tables } from "./schema.ts";
import type { MailboxOf } from "./subaddress.ts";

/** One mail. */
export interface Sighting {
  /** Unix day. */
  readonly day: number;
  readonly domain: string;
  readonly result: SummedResult;
  /** As the mail says. */
  readonly purpose: string | null;
  /** Its envelope recipients. */
  readonly recipients: readonly string[];
}

/** All mails of one day, domain, result and purpose. */
export interface SightingSum {
  readonly day: number;
  readonly domain: string;
  readonly result: SummedResult;
  readonly purpose: string | null;
  readonly count: number;
  /** Digests of different readers, leastCount at most; those of one day can be compared with each other. */
  readonly readers: readonly string[];
}

/** The table of sightings. */
export interface SightingStore {
  /** Counts a mail; false where this day has no room for another domain. Written within milliseconds. */
  add(sighting: Sighting): boolean;
  /** All sums of days before `day`, those of one day and domain at a time: some milliseconds of work each. */
  before(day: number): AsyncIterable<readonly SightingSum[]>;
  /** Removes up to `limit` rows of days before `day`; how many it removed. */
  forget(day: number, limit: number): Promise<number>;
}

/** Domains counted in one day; what is beyond is made up, or can be told tomorrow. */
export const domainsADay = 1_000;
/** Purposes told apart for one domain and result; beyond, mails count without theirs. */
export const purposesADomain = 20;

/** Where sums stand. */
interface Place {
  readonly day: number;
  readonly domain: string;
}

/** Which rows a day has: domain, then "result purpose". */
interface DayRows {
  readonly day: number;
  readonly domains: Map<string, Set<string>>;
}

function readerDigests(day: number, recipients: readonly string[], mailboxOf: MailboxOf): string[] {
  const addresses = recipients.slice(0, leastCount).map((recipient) => {
    const address = sameAddress(recipient);
    return mailboxOf(address) ?? address;
  });
  return [...new Set(addresses)].map((address) => digest("sighting", String(day), address));
}

/** Sightings in SQLite; writes go through `queue`. */
export function sightingStore(
  database: DatabaseSync,
  db: Kysely<Tables>,
  queue: CommitQueue,
  mailboxOf: MailboxOf,
): SightingStore {
  const insert = database.prepare(
    `insert into sightings (day, domain, result, purpose, count) values (?, ?, ?, ?, 1)
       on conflict (day, domain, result, purpose) do update set count = count + 1`,
  );
  const insertReader = database.prepare(
    `insert into sighting_readers (day, domain, result, purpose, reader) select ?1, ?2, ?3, ?4, ?5
       where (select count(*) from sighting_readers
         where day = ?1 and domain = ?2 and result = ?3 and purpose = ?4) < ${leastCount}
       on conflict do nothing`,
  );
  const select = database.prepare("select domain, result, purpose from sightings where day = ?");
  let known: DayRows | null = null;

  function rowsOf(day: number): DayRows {
    if (known?.day === day) return known;
    const domains = new Map<string, Set<string>>();
    for (const row of select.all(day)) {
      const domain = String(row["domain"]);
      const rows = domains.get(domain) ?? new Set<string>();
      domains.set(domain, rows.add(`${String(row["result"])} ${String(row["purpose"])}`));
    }
    known = { day, domains };
    return known;
  }

  /** The first place with sums behind another one, or of all, before `end`. */
  async function placeBehind(place: Place | null, end: number): Promise<Place | null> {
    const { day, domain } = place ?? { day: -1, domain: "" };
    const next = await db
      .selectFrom("sightings")
      .select(["day", "domain"])
      .where(sql<boolean>`(day, domain) > (${day}, ${domain})`)
      .where("day", "<", end)
      .orderBy("day")
      .orderBy("domain")
      .limit(1)
      .executeTakeFirst();
    return next ?? null;
  }

  async function sumsOf({ day, domain }: Place): Promise<readonly SightingSum[]> {
    const sums = await db
      .selectFrom("sightings")
      .selectAll()
      .where("day", "=", day)
      .where("domain", "=", domain)
      .execute();
    const all = await db
      .selectFrom("sighting_readers")
      .selectAll()
      .where("day", "=", day)
      .where("domain", "=", domain)
      .execute();
    const key = (row: Pick<Tables["sighting_readers"], "result" | "purpose">): string => `${row.result} ${row.purpose}`;
    const readers = Map.groupBy(all, key);
    return sums.map((row) => ({
      day,
      domain,
      result: row.result as SummedResult,
      purpose: row.purpose === "" ? null : row.purpose,
      count: row.count,
      readers: (readers.get(key(row)) ?? []).map(({ reader }) => reader),
    }));
  }

  return {
    add({ day, domain, result, purpose, recipients }) {
      const { domains } = rowsOf(day);
      const rows = domains.get(domain) ?? new Set<string>();
      if (!domains.has(domain) && domains.size >= domainsADay) return false;
      domains.set(domain, rows);
      const room = (name: string): boolean =>
        rows.has(`${result} ${name}`) || [...rows].filter((row) => row.startsWith(result)).length < purposesADomain;
      const counted = purpose !== null && room(purpose) ? purpose : "";
      rows.add(`${result} ${counted}`);
      queue.push(insert, () => [day, domain, result, counted]);
      for (const reader of readerDigests(day, recipients, mailboxOf)) {
        queue.push(insertReader, () => [day, domain, result, counted, reader]);
      }
      return true;
    },
    async *before(day) {
      for (let place = await placeBehind(null, day); place !== null; place = await placeBehind(place, day)) {
        yield await sumsOf(place);
      }
    },
    async forget(day, limit) {
      const old = sql`select day, domain, result, purpose from sightings where day < ${day} limit ${limit}`;
      const sums = await db
        .deleteFrom("sightings")
        .where(sql<boolean>`(day, domain, result, purpose) in (${old})`)
        .executeTakeFirst();
      const readers = sql`select day, domain, result, purpose, reader from sighting_readers where day < ${day} limit ${limit}`;
      const gone = await db
        .deleteFrom("sighting_readers")
        .where(sql<boolean>`(day, domain, result, purpose, reader) in (${readers})`)
        .executeTakeFirst();
      return Number(sums.numDeletedRows + gone.numDeletedRows);
    },
  };
}
