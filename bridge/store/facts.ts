// Small facts that outlive the process: which weekly counts were told, the bridge's own random salts.
import type { Kysely } from "kysely";
import type { Tables } from "./schema.ts";

/** The table of facts. */
export interface FactStore {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
}

/** Facts through Kysely. */
export function factStore(db: Kysely<Tables>): FactStore {
  return {
    async get(name) {
      const row = await db.selectFrom("facts").select("value").where("name", "=", name).executeTakeFirst();
      return row?.value ?? null;
    },
    async set(name, value) {
      await db
        .insertInto("facts")
        .values({ name, value })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute();
    },
  };
}
