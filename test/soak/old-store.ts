// A store as an older version left it, well filled: what a bridge of this version finds when it is upgraded.
import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { bearerStore } from "../../bridge/store/bearers.ts";
import { sqliteDialect } from "../../bridge/store/dialect.ts";
import { migrations } from "../../bridge/store/migrations.ts";
import type { Tables } from "../../bridge/store/schema.ts";

/** The last step it has taken. */
const oldest = "0001-first";

/** Makes it, with so many mails of the past, and readers' pairings: addresses by their bearers. */
export async function makeOldStore(path: string, mails: number, bearers: ReadonlyMap<string, string>): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec("pragma journal_mode = wal");
  const db = new Kysely<unknown>({ dialect: sqliteDialect(database) });
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...migrations }) } });
  const { error } = await migrator.migrateTo(oldest);
  if (error !== undefined) throw error;
  const filled = `
    with recursive mail (n) as (select 1 union all select n + 1 from mail where n < ${mails})
    insert into signals (ref, at, signal, finding, recipients, envelope_from, author, message_id)
    select 'old-' || n, unixepoch() - 86400, hex(randomblob(300)), hex(randomblob(200)), hex(randomblob(32)),
      'a@old.test', 'a@old.test', '<' || n || '@old.test>' from mail`;
  database.exec(filled);
  const tokens = `
    with recursive token (n) as (select 1 union all select n + 1 from token where n < ${mails})
    insert into tokens (expires_at, token, recipient, client, at, bound)
    select unixepoch() + 86400 * 7, hex(randomblob(16)), hex(randomblob(16)), '192.0.2.1', unixepoch(), 1 from token`;
  database.exec(tokens);
  const pairings = bearerStore(new Kysely<Tables>({ dialect: sqliteDialect(database) }));
  const now = Math.floor(Date.now() / 1_000);
  for (const [token, address] of bearers) await pairings.add({ token, address, now });
  database.close();
}
