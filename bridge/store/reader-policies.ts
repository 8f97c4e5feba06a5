// Readers' own policies (protocol section 5), as the JSON they wrote.
import { hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Kysely } from "kysely";
import { parseAddress } from "../../shared/header/address.ts";
import { aliasFor } from "../../shared/ipp/alias.ts";
import type { Eventually } from "../pipeline/ports.ts";
import { sameAddress } from "./digest.ts";
import type { Tables } from "./schema.ts";

/** A reader's own policy. */
export interface ReaderPolicy {
  /** JSON, as parsed once before it was kept. */
  readonly policy: string;
  /** Its owner lets others read it as `.pol`. */
  readonly published: boolean;
  readonly changedAt: number;
}

/** The table of readers' policies. */
export interface ReaderPolicyStore {
  find(address: string): Eventually<ReaderPolicy | null>;
  /** Whether anybody has one. */
  any(): Eventually<boolean>;
  /**
   * The JSON that its owner lets others read, by alias (protocol section 1.1), "@" and domain, in lower case: of an index
   * that has no others, so that a private one takes no time either.
   */
  published(alias: string): Eventually<string | null>;
  put(address: string, policy: string, published: boolean, now: number): Promise<void>;
  remove(address: string): Promise<void>;
}

const digest = (octets: Uint8Array): Promise<Uint8Array> => Promise.resolve(hash("sha256", octets, "buffer"));

/** What `published` finds an address by. */
export async function publishedAlias(address: string): Promise<string> {
  const parsed = parseAddress(address);
  if (!parsed.ok) return sameAddress(address);
  return `${await aliasFor(parsed.value.localPart, { digest })}@${parsed.value.domain}`;
}

/** Readers' policies in SQLite. */
export function readerPolicyStore(database: DatabaseSync, db: Kysely<Tables>): ReaderPolicyStore {
  const select = database.prepare("select policy, published, changed_at from reader_policies where address = ?");
  const selectPublished = database.prepare(
    "select policy from reader_policies indexed by reader_policies_alias where alias = ? and published = 1",
  );
  const selectAny = database.prepare("select 1 from reader_policies limit 1");
  return {
    any: () => selectAny.get() !== undefined,
    published(alias) {
      const row = selectPublished.get(alias);
      return row === undefined ? null : String(row["policy"]);
    },
    find(address) {
      const row = select.get(sameAddress(address));
      if (row === undefined) return null;
      return {
        policy: String(row["policy"]),
        published: row["published"] === 1,
        changedAt: Number(row["changed_at"]),
      };
    },
    async put(address, policy, published, now) {
      const alias = await publishedAlias(address);
      const row = { address: sameAddress(address), alias, policy, published: published ? 1 : 0, changed_at: now };
      await db
        .insertInto("reader_policies")
        .values(row)
        .onConflict((conflict) => conflict.column("address").doUpdateSet(row))
        .execute();
    },
    async remove(address) {
      await db.deleteFrom("reader_policies").where("address", "=", sameAddress(address)).execute();
    },
  };
}
