// Brings a database to this version's tables (migrations.ts), or says why not.
import { type Kysely, sql } from "kysely";
import { type MigrationProvider, Migrator } from "kysely/migration";
import { ok, perm, type Result, temp } from "../../shared/result.ts";
import { mayPass, resultCodes, sqliteCode } from "./dialect.ts";
import { migrations } from "./migrations.ts";
import type { Tables } from "./schema.ts";

/** Names of the steps that the database has taken; none where it is new. */
async function taken(db: Kysely<Tables>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === "kysely_migration")) return [];
  const rows = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.rows.map((row) => row.name);
}

/**
 * Brings the database to this version's tables, all steps in one transaction. A database that has taken steps this
 * version does not know is refused untouched: "store/newer". `missing` "refused": so is one that has steps to take,
 * "store/older".
 */
export async function migrate(db: Kysely<Tables>, missing: "taken" | "refused"): Promise<Result<void>> {
  const steps = await taken(db);
  const unknown = steps.filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    const known = Object.keys(migrations).at(-1) ?? "none";
    return perm(
      "store/newer",
      `the database was written by a newer waybill (it has ${unknown.join(", ")}; this version knows steps up to ${known}): run the newer version, or restore the copy from before the upgrade`,
    );
  }
  if (missing === "refused" && Object.keys(migrations).some((name) => !steps.includes(name)))
    return perm(
      "store/older",
      "the database was written by an older waybill: start the bridge, it brings it up to date",
    );
  const provider: MigrationProvider = { getMigrations: () => Promise.resolve({ ...migrations }) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error === undefined) return ok(undefined);
  const words = error instanceof Error ? error.message : JSON.stringify(error);
  if (sqliteCode(error) === resultCodes.busy)
    return temp("store/locked", `another process holds the database: ${words}`);
  const failure = mayPass(error) ? temp : perm;
  return failure("store/migration", `the database cannot be brought to this version's tables: ${words}`);
}
