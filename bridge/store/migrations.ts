// The steps from an empty database to this version's tables. A step that was released is never changed: the next one
// follows it. Written in Kysely's words, so that PostgreSQL takes the same steps.
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { publishedAlias } from "./reader-policies.ts";

type Schema = Kysely<unknown>["schema"];

/** Kept of received mail, and the memories that judge the next one. */
async function mailTables(schema: Schema): Promise<void> {
  await schema
    .createTable("signals")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("ref", "text", (column) => column.notNull().unique())
    .addColumn("at", "integer", (column) => column.notNull())
    .addColumn("signal", "text", (column) => column.notNull())
    .addColumn("finding", "text", (column) => column.notNull())
    .addColumn("recipients", "text", (column) => column.notNull())
    .addColumn("envelope_from", "text", (column) => column.notNull())
    .addColumn("author", "text")
    .addColumn("message_id", "text")
    .addColumn("purpose_field", "text")
    .addColumn("signature_field", "text")
    .execute();
  await schema
    .createTable("tokens")
    .addColumn("expires_at", "integer", (column) => column.notNull())
    .addColumn("token", "text", (column) => column.notNull())
    .addColumn("recipient", "text", (column) => column.notNull())
    .addColumn("client", "text", (column) => column.notNull())
    .addColumn("at", "integer", (column) => column.notNull())
    .addColumn("bound", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("tokens_key", ["expires_at", "token", "recipient"])
    .modifyEnd(sql`without rowid`)
    .execute();
  await schema
    .createTable("known_keys")
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("key_id", "text", (column) => column.notNull())
    .addColumn("level", "text", (column) => column.notNull())
    .addColumn("dkim_aligned", "integer", (column) => column.notNull())
    .addColumn("first_at", "integer", (column) => column.notNull())
    .addColumn("last_at", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("known_keys_key", ["address", "key_id"])
    .modifyEnd(sql`without rowid`)
    .execute();
  await schema
    .createTable("certificates")
    .addColumn("key_id", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("chain", "text", (column) => column.notNull())
    .addColumn("used_at", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("certificates_key", ["key_id", "fingerprint"])
    .execute();
  await schema
    .createTable("deferrals")
    .addColumn("identity", "text", (column) => column.notNull().primaryKey())
    .addColumn("at", "integer", (column) => column.notNull())
    .execute();
  await schema.createIndex("deferrals_at").on("deferrals").column("at").execute();
}

/** What readers said, and how it travels. */
async function complaintTables(schema: Schema): Promise<void> {
  await schema
    .createTable("complaints")
    .addColumn("id", "text", (column) => column.notNull().primaryKey())
    .addColumn("ref", "text", (column) => column.notNull())
    .addColumn("reader", "text", (column) => column.notNull())
    .addColumn("code", "text", (column) => column.notNull())
    .addColumn("actual", "text")
    .addColumn("at", "integer", (column) => column.notNull())
    .addColumn("undo_hash", "text", (column) => column.notNull())
    .addColumn("undo_until", "integer", (column) => column.notNull())
    .addColumn("route", "text", (column) => column.notNull())
    .addColumn("undone", "integer", (column) => column.notNull())
    .addColumn("domain", "text")
    .addColumn("purpose", "text")
    .addUniqueConstraint("complaints_once", ["ref", "reader"])
    .execute();
  await schema.createIndex("complaints_at").on("complaints").column("at").execute();
  await schema
    .createTable("reports")
    .addColumn("id", "text", (column) => column.notNull().primaryKey())
    .addColumn("complaint", "text")
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("domain", "text", (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("created_at", "integer", (column) => column.notNull())
    .addColumn("next_at", "integer", (column) => column.notNull())
    .addColumn("give_up_at", "integer", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("error", "text")
    .addColumn("sent_at", "integer")
    .execute();
  await schema.createIndex("reports_due").on("reports").columns(["state", "next_at"]).execute();
  await schema.createIndex("reports_complaint").on("reports").column("complaint").execute();
}

/** What other bridges told us, at the sending side. */
async function receivedTables(schema: Schema): Promise<void> {
  await schema
    .createTable("arrivals")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("at", "integer", (column) => column.notNull())
    .addColumn("next_at", "integer", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("request", "text", (column) => column.notNull())
    .execute();
  await schema.createIndex("arrivals_due").on("arrivals").column("next_at").execute();
  await schema
    .createTable("received")
    .addColumn("token", "text", (column) => column.notNull())
    .addColumn("reporter", "text", (column) => column.notNull())
    .addColumn("blinded", "text", (column) => column.notNull())
    .addColumn("attested", "integer", (column) => column.notNull())
    .addColumn("at", "integer", (column) => column.notNull())
    .addColumn("signer", "text", (column) => column.notNull())
    .addColumn("purpose", "text", (column) => column.notNull())
    .addColumn("code", "text", (column) => column.notNull())
    .addColumn("actual", "text")
    .addPrimaryKeyConstraint("received_key", ["token", "reporter", "blinded"])
    .execute();
  await schema.createIndex("received_at").on("received").column("at").execute();
  await schema
    .createTable("received_counts")
    .addColumn("week", "integer", (column) => column.notNull())
    .addColumn("reporter", "text", (column) => column.notNull())
    .addColumn("domain", "text", (column) => column.notNull())
    .addColumn("purpose", "text", (column) => column.notNull())
    .addColumn("code", "text", (column) => column.notNull())
    .addColumn("count", "integer", (column) => column.notNull())
    .addColumn("at", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("received_counts_key", ["week", "reporter", "domain", "purpose", "code"])
    .execute();
}

/** Readers and what is theirs. */
async function readerTables(schema: Schema): Promise<void> {
  await schema
    .createTable("pairings")
    .addColumn("id", "text", (column) => column.notNull().primaryKey())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("code_hash", "text", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("expires_at", "integer", (column) => column.notNull())
    .execute();
  await schema
    .createTable("bearers")
    .addColumn("token_hash", "text", (column) => column.notNull().primaryKey())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("created_at", "integer", (column) => column.notNull())
    .addColumn("used_at", "integer", (column) => column.notNull())
    .execute();
  await schema.createIndex("bearers_address").on("bearers").column("address").execute();
  await schema
    .createTable("reader_policies")
    .addColumn("address", "text", (column) => column.notNull().primaryKey())
    .addColumn("policy", "text", (column) => column.notNull())
    .addColumn("published", "integer", (column) => column.notNull())
    .addColumn("changed_at", "integer", (column) => column.notNull())
    .execute();
  await schema
    .createTable("facts")
    .addColumn("name", "text", (column) => column.notNull().primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .execute();
}

/** Daily sums of what does not hold: counted here, and told by others. */
async function sumTables(schema: Schema): Promise<void> {
  await schema
    .createTable("sightings")
    .addColumn("day", "integer", (column) => column.notNull())
    .addColumn("domain", "text", (column) => column.notNull())
    .addColumn("result", "text", (column) => column.notNull())
    .addColumn("purpose", "text", (column) => column.notNull())
    .addColumn("count", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("sightings_key", ["day", "domain", "result", "purpose"])
    .modifyEnd(sql`without rowid`)
    .execute();
  await schema
    .createTable("sighting_readers")
    .addColumn("day", "integer", (column) => column.notNull())
    .addColumn("domain", "text", (column) => column.notNull())
    .addColumn("result", "text", (column) => column.notNull())
    .addColumn("purpose", "text", (column) => column.notNull())
    .addColumn("reader", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("sighting_readers_key", ["day", "domain", "result", "purpose", "reader"])
    .modifyEnd(sql`without rowid`)
    .execute();
  await schema
    .createTable("received_sums")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("day", "integer", (column) => column.notNull())
    .addColumn("reporter", "text", (column) => column.notNull())
    .addColumn("domain", "text", (column) => column.notNull())
    .addColumn("result", "text", (column) => column.notNull())
    .addColumn("purpose", "text", (column) => column.notNull())
    .addColumn("count", "integer", (column) => column.notNull())
    .addUniqueConstraint("received_sums_once", ["day", "reporter", "domain", "result", "purpose"])
    .execute();
}

async function listTables(schema: Schema): Promise<void> {
  await schema
    .createTable("revocation_lists")
    .addColumn("place", "text", (column) => column.primaryKey())
    .addColumn("urls", "text", (column) => column.notNull())
    .addColumn("issuers", "text", (column) => column.notNull())
    .addColumn("domain", "text", (column) => column.notNull())
    .addColumn("own", "integer", (column) => column.notNull())
    .addColumn("refresh_at", "integer", (column) => column.notNull())
    .addColumn("used_at", "integer", (column) => column.notNull())
    // Last: what looks for due and old lists reads no megabytes on its way.
    .addColumn("list", "blob")
    .execute();
  await schema.createIndex("revocation_lists_due").on("revocation_lists").columns(["refresh_at", "used_at"]).execute();
}

/** Published policies by the name they are published under: the path has no other. */
async function policyAliases(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("reader_policies").addColumn("alias", "text").execute();
  await db.schema.dropIndex("reader_policies_published").execute();
  // Raw: the condition has to be a literal for the index to be used.
  await sql`create index reader_policies_alias on reader_policies (alias) where published = 1`.execute(db);
  const { rows } = await sql<{ address: string }>`select address from reader_policies where published = 1`.execute(db);
  for (const { address } of rows) {
    const alias = await publishedAlias(address);
    await sql`update reader_policies set alias = ${alias} where address = ${address}`.execute(db);
  }
}

/** Forgetting goes by age: without these it would look at every row, the event loop standing still meanwhile. */
async function ageIndexes(schema: Schema): Promise<void> {
  await schema.createIndex("certificates_used").on("certificates").column("used_at").execute();
  await schema.createIndex("known_keys_used").on("known_keys").column("last_at").execute();
  await schema.createIndex("received_counts_at").on("received_counts").column("at").execute();
  await schema.createIndex("revocation_lists_used").on("revocation_lists").column("used_at").execute();
}

/** All steps by their names, in order. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-first": {
    async up(db: Kysely<unknown>): Promise<void> {
      await mailTables(db.schema);
      await complaintTables(db.schema);
      await receivedTables(db.schema);
      await readerTables(db.schema);
    },
  },
  "0002-sums": {
    up: (db: Kysely<unknown>): Promise<void> => sumTables(db.schema),
  },
  "0003-feedback": {
    up: (db: Kysely<unknown>): Promise<void> => db.schema.alterTable("signals").addColumn("feedback", "text").execute(),
  },
  "0004-revocation": {
    up: (db: Kysely<unknown>): Promise<void> => listTables(db.schema),
  },
  "0005-published-policies": {
    // Raw: the condition has to be a literal for the index to be used.
    up: async (db: Kysely<unknown>): Promise<void> => {
      await sql`create index reader_policies_published on reader_policies (address) where published = 1`.execute(db);
    },
  },
  "0006-ages": {
    up: (db: Kysely<unknown>): Promise<void> => ageIndexes(db.schema),
  },
  "0007-pairings-over": {
    up: (db: Kysely<unknown>): Promise<void> =>
      db.schema.createIndex("pairings_over").on("pairings").column("expires_at").execute(),
  },
  "0008-overdue-lists": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable("revocation_lists").addColumn("good_until", "integer").execute();
      // The column lies behind the list: what is overdue is told by the index, without reading megabytes.
      const columns = ["used_at", "good_until", "own"];
      await db.schema.createIndex("revocation_lists_good").on("revocation_lists").columns(columns).execute();
    },
  },
  "0009-revoked-certificates": {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const column of ["issuer", "serial"]) {
        await db.schema.alterTable("certificates").addColumn(column, "text").execute();
      }
      await db.schema.alterTable("certificates").addColumn("revoked_from", "integer").execute();
      await db.schema.createIndex("certificates_issued").on("certificates").columns(["issuer", "serial"]).execute();
    },
  },
  "0010-leaves": {
    async up(db: Kysely<unknown>): Promise<void> {
      const table = db.schema.alterTable("certificates");
      await table.addColumn("whole", "integer", (column) => column.notNull().defaultTo(1)).execute();
      // Raw: the condition has to be a literal for the index to be used.
      await sql`create index certificates_whole on certificates (used_at) where whole = 1`.execute(db);
    },
  },
  // From here on rows of `signals` are shorter (signals.ts reads both): versions before could not read them.
  "0011-short-signals": {
    up: (): Promise<void> => Promise.resolve(),
  },
  "0012-revoked-authorities": {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable("certificates").addColumn("withdrawn", "text").execute();
      await db.schema.alterTable("revocation_lists").addColumn("authorities", "text").execute();
    },
  },
  "0013-policy-aliases": {
    up: (db: Kysely<unknown>): Promise<void> => policyAliases(db),
  },
};
