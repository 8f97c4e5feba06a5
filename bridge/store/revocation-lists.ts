// CRLs that were fetched, so that a restart forgets nobody who is revoked (protocol section 2). Bounded: strangers' CAs push
// out strangers' CAs only, and what is pushed out reads as unknown.
import type { Kysely, Selectable } from "kysely";
import { type KeptList, type ListedAuthority, type ListMemory, refreshSeconds } from "../trust/list-memory.ts";
import type { RevocationListTable, Tables } from "./schema.ts";

/** A CRL that is missing: mail under its CA reads not proven. */
export interface OverdueList {
  readonly urls: readonly string[];
  /** As in KeptList. */
  readonly domain: string;
  readonly own: boolean;
  /** Unix seconds: since when; null: none was ever had. */
  readonly since: number | null;
}

/** The table of CRLs. */
export interface RevocationListStore extends ListMemory {
  /** Those past the time for which they say that anybody is good, or never had, and needed since `usedSince`. */
  overdue(now: number, usedSince: number): Promise<readonly OverdueList[]>;
  /** How many of them are of CAs of the trust store. */
  countOverdue(now: number, usedSince: number): Promise<number>;
  /** Removes up to `limit` lists that no mail has needed since `before`; how many it removed. */
  forget(before: number, limit: number): Promise<number>;
}

/** Lists kept of CAs that domains name in DNS, and of those of the trust store: some 100 MB, and 1 GB if all were huge. */
const keptOwn = 200;
const keptStore = 250;

function urlsOf(json: string): string[] {
  const urls: unknown = JSON.parse(json);
  return Array.isArray(urls) ? urls.map(String) : [];
}

function decoded(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

function encoded(der: Uint8Array): string {
  return Buffer.from(der).toString("base64");
}

function authoritiesOf(json: string | null): ListedAuthority[] {
  const list = JSON.parse(json ?? "[]") as readonly (readonly [base64: string, revokedFrom: number | null])[];
  return list.map(([base64, revokedFrom]) => ({ der: decoded(base64), revokedFrom }));
}

function listOf(row: Selectable<RevocationListTable>): KeptList {
  return {
    place: row.place,
    urls: urlsOf(row.urls),
    issuers: row.issuers.split(" ").map(decoded),
    authorities: authoritiesOf(row.authorities),
    domain: row.domain,
    own: row.own === 1,
    list: row.list,
    goodUntil: row.list === null ? null : row.good_until,
    refreshAt: row.refresh_at,
    usedAt: row.used_at,
  };
}

/** CRLs through Kysely. */
export function revocationListStore(db: Kysely<Tables>): RevocationListStore {
  /** Pushes out those not needed for longest. */
  async function bound(own: number): Promise<void> {
    const over = db
      .selectFrom("revocation_lists")
      .select("place")
      .where("own", "=", own)
      .orderBy("used_at", "desc")
      .limit(keptOwn + keptStore)
      .offset(own === 1 ? keptOwn : keptStore);
    await db.deleteFrom("revocation_lists").where("place", "in", over).execute();
  }

  return {
    async find(place) {
      const row = await db.selectFrom("revocation_lists").selectAll().where("place", "=", place).executeTakeFirst();
      return row === undefined ? null : listOf(row);
    },
    async keep({ place, urls, issuers, authorities, domain, own, list, goodUntil, refreshAt, usedAt }) {
      // 0: none was had. null is what older versions left, of which nothing is known before it is renewed.
      const good = list === null ? 0 : goodUntil;
      const watched = JSON.stringify(authorities.map(({ der, revokedFrom }) => [encoded(der), revokedFrom]));
      const changing = { list, good_until: good, refresh_at: refreshAt, used_at: usedAt, authorities: watched };
      const row = {
        place,
        urls: JSON.stringify(urls),
        issuers: issuers.map(encoded).join(" "),
        domain,
        own: own ? 1 : 0,
        ...changing,
      };
      await db
        .insertInto("revocation_lists")
        .values(row)
        .onConflict((conflict) => conflict.column("place").doUpdateSet(changing))
        .execute();
      await bound(row.own);
    },
    async due(now, usedSince, limit) {
      const rows = await db
        .selectFrom("revocation_lists")
        .selectAll()
        .where((row) => row.or([row("refresh_at", "<=", now), row("refresh_at", ">", now + refreshSeconds)]))
        .where("used_at", ">=", usedSince)
        .orderBy("refresh_at")
        .limit(limit)
        .execute();
      return rows.map(listOf);
    },
    async overdue(now, usedSince) {
      const rows = await db
        .selectFrom("revocation_lists")
        .select(["urls", "domain", "own", "good_until"])
        .where("used_at", ">=", usedSince)
        .where("good_until", "<", now)
        .orderBy("good_until")
        .execute();
      return rows.map(({ urls, domain, own, good_until: since }) => ({
        urls: urlsOf(urls),
        domain,
        own: own === 1,
        since: since === 0 ? null : since,
      }));
    },
    async countOverdue(now, usedSince) {
      const { count } = await db
        .selectFrom("revocation_lists")
        .select((rows) => rows.fn.countAll<number>().as("count"))
        .where("used_at", ">=", usedSince)
        .where("good_until", "<", now)
        .where("own", "=", 0)
        .executeTakeFirstOrThrow();
      return count;
    },
    async forget(before, limit) {
      const old = db.selectFrom("revocation_lists").select("place").where("used_at", "<", before).limit(limit);
      const { numDeletedRows } = await db
        .deleteFrom("revocation_lists")
        .where("place", "in", old)
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}
