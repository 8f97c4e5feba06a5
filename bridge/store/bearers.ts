// What paired add-ons show: random 256-bit bearers, kept as digests, listed and revocable (decisions, pairing).
import type { Kysely } from "kysely";
import { cacheOf } from "../cache/cache.ts";
import { sameAddress, secretDigest } from "./digest.ts";
import type { Tables } from "./schema.ts";

/** A pairing that stands, for lists. */
export interface Bearer {
  /** First 12 hex digits of the digest: names it in lists, opens nothing. */
  readonly name: string;
  readonly address: string;
  readonly createdAt: number;
  /** To a day. */
  readonly usedAt: number;
}

/** The table of bearers. */
export interface BearerStore {
  add(bearer: { token: string; address: string; now: number }): Promise<void>;
  /** The mailbox a bearer stands for; null: none. */
  address(token: string, now: number): Promise<string | null>;
  /** The bearer ends its own pairing. */
  remove(token: string): Promise<void>;
  /** All pairings of an address, or of everybody. */
  list(address: string | null): Promise<readonly Bearer[]>;
  /** Ends pairings by name; how many. */
  revoke(name: string): Promise<number>;
}

const lastUseSeconds = 86_400;

/** Bearers through Kysely, recent ones in memory. */
export function bearerStore(db: Kysely<Tables>): BearerStore {
  const recent = cacheOf<{ address: string; usedAt: number }>(10_000, 60_000);
  async function look(key: string): Promise<{ address: string; usedAt: number } | undefined> {
    const kept = recent.get(key);
    if (kept !== undefined) return kept;
    const row = await db
      .selectFrom("bearers")
      .select(["address", "used_at as usedAt"])
      .where("token_hash", "=", key)
      .executeTakeFirst();
    if (row !== undefined) recent.set(key, row);
    return row;
  }
  return {
    async add({ token, address, now }) {
      const row = { token_hash: secretDigest(token), address: sameAddress(address), created_at: now, used_at: now };
      await db.insertInto("bearers").values(row).execute();
    },
    async address(token, now) {
      const key = secretDigest(token);
      const row = await look(key);
      if (row === undefined) return null;
      if (now - row.usedAt > lastUseSeconds) {
        recent.set(key, { ...row, usedAt: now });
        await db.updateTable("bearers").set({ used_at: now }).where("token_hash", "=", key).execute();
      }
      return row.address;
    },
    async remove(token) {
      const key = secretDigest(token);
      await db.deleteFrom("bearers").where("token_hash", "=", key).execute();
      // Not before: whoever looked meanwhile has found the row.
      recent.delete(key);
    },
    async list(address) {
      const all = db.selectFrom("bearers").selectAll().orderBy("created_at");
      const rows = await (address === null ? all : all.where("address", "=", sameAddress(address))).execute();
      return rows.map((row) => ({
        name: row.token_hash.slice(0, 12),
        address: row.address,
        createdAt: row.created_at,
        usedAt: row.used_at,
      }));
    },
    async revoke(name) {
      if (!/^[0-9a-f]{12}$/.test(name)) return 0;
      const { numDeletedRows } = await db
        .deleteFrom("bearers")
        .where("token_hash", "like", `${name}%`)
        .executeTakeFirst();
      recent.clear();
      return Number(numDeletedRows);
    },
  };
}
