// Pairings that wait for their code, which the bridge mailed to the address (protocol section 6).
import type { Kysely } from "kysely";
import { secretDigest } from "./digest.ts";
import type { Tables } from "./schema.ts";

/** The table of pairings. */
export interface PairingStore {
  add(pairing: { id: string; address: string; code: string; expiresAt: number }): Promise<void>;
  /**
   * The address whose code was given, the pairing used up with it; null: unknown, over, wrong code, or too many tries
   * (the fifth wrong one ends it).
   */
  redeem(id: string, code: string, now: number): Promise<string | null>;
  /** Removes up to `limit` that are over; how many it removed. */
  forget(now: number, limit: number): Promise<number>;
}

const tries = 5;

/** Pairings through Kysely. */
export function pairingStore(db: Kysely<Tables>): PairingStore {
  return {
    async add({ id, address, code, expiresAt }) {
      const row = { id, address, code_hash: secretDigest(code), attempts: 0, expires_at: expiresAt };
      await db.insertInto("pairings").values(row).execute();
    },
    async redeem(id, code, now) {
      return db.transaction().execute(async (tx) => {
        const row = await tx.selectFrom("pairings").selectAll().where("id", "=", id).executeTakeFirst();
        if (row === undefined || row.expires_at <= now || row.attempts >= tries) return null;
        // Digests of secrets are compared, so that the time taken says nothing about the code.
        if (row.code_hash === secretDigest(code)) {
          await tx.deleteFrom("pairings").where("id", "=", id).execute();
          return row.address;
        }
        await tx
          .updateTable("pairings")
          .set({ attempts: row.attempts + 1 })
          .where("id", "=", id)
          .execute();
        return null;
      });
    },
    async forget(now, limit) {
      const over = db.selectFrom("pairings").select("id").where("expires_at", "<=", now).limit(limit);
      const { numDeletedRows } = await db.deleteFrom("pairings").where("id", "in", over).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
