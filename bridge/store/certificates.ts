// The chains that mails were verified with, so that an add-on can recheck old mail without asking the sender's side
// (protocol section 4), and what their issuers have said of them since. Whole as long as the mails' signals, the leaf alone
// for as long as keys are remembered: it verifies a signature, and is what an issuer revokes.
import { hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { limits } from "../../shared/limits.ts";
import { parseCertificate } from "../../shared/x509/certificate.ts";
import { cacheOf } from "../cache/cache.ts";
import type { Eventually } from "../pipeline/ports.ts";
import type { WithdrawnPath } from "../../shared/verdict/recheck.ts";
import type { KeptChains, KeptLeaf } from "../trust/withdrawn.ts";
import type { CommitQueue } from "./commit-queue.ts";

/** A certificate chain, DER, leaf first. */
export type Chain = readonly Uint8Array[];

/** The table of chains. */
export interface CertificateStore extends KeptChains {
  /** A mail of this moment was verified with the chain, whose leaf has this key. Cheap when called for every mail. */
  keep(keyId: string, chain: Chain, at: number): void;
  /** The chains kept for a key, latest used first. */
  chains(keyId: string): Eventually<readonly Chain[]>;
  /** From when on the key's signatures are worth nothing, Unix seconds; null: no issuer has revoked it, as far as known. */
  revokedFrom(keyId: string): Eventually<number | null>;
  /** What is known of CAs above the key that were revoked. */
  withdrawnPaths(keyId: string): Eventually<readonly WithdrawnPath[]>;
  /** Leaves the leaf of up to `limit` chains not used since `before`; of how many. */
  shorten(before: number, limit: number): Eventually<number>;
  /** Removes up to `limit` chains not used since `before`; how many it removed. */
  forget(before: number, limit: number): Eventually<number>;
}

/**
 * Octets of a chain that is kept whole: three or four certificates have 6,000. Of a longer one only the leaf is, which the
 * recheck takes for itself: a stranger's mail of 2 kB must not have us keep 48 kB for a month.
 */
const chainBytes = 16_384;

/** The last use is written at most once in this time; `shorten` and `forget` come later by as much. */
const lastUseSeconds = 86_400;

/** Rows looked at before mail is served again: some milliseconds of work, and CAs are seldom revoked. */
const rowsATurn = 1_000;
/** Times that CAs above one key were revoked. */
const maxWithdrawn = 8;

/** What a CRL would name the leaf by. */
function namesOf(leaf: Uint8Array | undefined): { readonly issuer: string | null; readonly serial: string | null } {
  const parsed = leaf === undefined ? null : parseCertificate(leaf);
  if (parsed?.ok !== true) return { issuer: null, serial: null };
  return { issuer: issuerDigest(parsed.value.issuer.key), serial: parsed.value.serial };
}

function issuerDigest(name: string): string {
  return hash("sha256", name, "base64url").slice(0, 22);
}

function decoded(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

/** Chains in SQLite. */
export function certificateStore(database: DatabaseSync, queue: CommitQueue): CertificateStore {
  const upsert = database.prepare(
    `insert into certificates (key_id, fingerprint, chain, used_at, issuer, serial) values (?, ?, ?, ?, ?, ?)
       on conflict (key_id, fingerprint) do update
       set chain = excluded.chain, whole = 1, used_at = excluded.used_at, issuer = excluded.issuer, serial = excluded.serial`,
  );
  const select = database.prepare("select chain from certificates where key_id = ? order by used_at desc limit ?");
  const selectRevoked = database.prepare("select min(revoked_from) as at from certificates where key_id = ?");
  const selectLeaves = database.prepare(
    "select rowid as id, chain, revoked_from from certificates where issuer = ? and serial = ?",
  );
  const revoke = database.prepare("update certificates set revoked_from = ? where rowid = ?");
  const last = database.prepare("select max(rowid) as id from certificates");
  // Chains of base64 with spaces between them: a certificate stands in one, or does not.
  const withdraw = database.prepare(
    `update certificates set withdrawn = json_insert(ifnull(withdrawn, '[]'), '$[#]', json(?))
       where rowid > ? and rowid <= ? and whole = 1 and instr(chain, ?) > 0
         and json_array_length(ifnull(withdrawn, '[]')) < ${maxWithdrawn}`,
  );
  const selectWithdrawn = database.prepare(
    "select distinct withdrawn from certificates where key_id = ? and withdrawn is not null limit ?",
  );
  const cut = database.prepare(
    `update certificates set chain = substr(chain, 1, instr(chain || ' ', ' ') - 1), whole = 0
       where rowid in (select rowid from certificates where whole = 1 and used_at < ? limit ?)`,
  );
  const remove = database.prepare(
    "delete from certificates where rowid in (select rowid from certificates where used_at < ? limit ?)",
  );
  // By identity first: the verifier hands the very arrays of its own cache, mail after mail.
  const written = new WeakMap<Chain, number>();
  const recent = cacheOf<number>(10_000);
  return {
    keep(keyId, chain, at) {
      if (at - (written.get(chain) ?? 0) < lastUseSeconds) return;
      const bytes = chain.reduce((sum, der) => sum + der.length, 0);
      const stored = bytes > chainBytes ? chain.slice(0, 1) : chain;
      const base64 = stored.map((der) => Buffer.from(der).toString("base64")).join(" ");
      const fingerprint = hash("sha256", base64, "base64url").slice(0, 22);
      const name = `${keyId} ${fingerprint}`;
      written.set(chain, at);
      if (at - (recent.get(name) ?? 0) < lastUseSeconds) return;
      recent.set(name, at);
      const { issuer, serial } = namesOf(chain[0]);
      queue.push(upsert, () => [keyId, fingerprint, base64, at, issuer, serial]);
    },
    chains(keyId) {
      return select.all(keyId, limits.chainCertificates).map((row) => String(row["chain"]).split(" ").map(decoded));
    },
    revokedFrom(keyId) {
      const at = selectRevoked.get(keyId)?.["at"] ?? null;
      return at === null ? null : Number(at);
    },
    leaves(issuer, serial) {
      return selectLeaves.all(issuerDigest(issuer), serial).map((row): KeptLeaf => {
        const [leaf = ""] = String(row["chain"]).split(" ");
        const from = row["revoked_from"] ?? null;
        return { id: Number(row["id"]), der: decoded(leaf), revokedFrom: from === null ? null : Number(from) };
      });
    },
    revoke(id, from) {
      revoke.run(from, id);
    },
    async withdrawPaths(authority, withdrawn) {
      const base64 = Buffer.from(authority).toString("base64");
      const end = Number(last.get()?.["id"] ?? 0);
      for (let at = 0; at < end; at += rowsATurn) {
        withdraw.run(JSON.stringify(withdrawn), at, at + rowsATurn, base64);
        await turn();
      }
    },
    withdrawnPaths(keyId) {
      const rows = selectWithdrawn.all(keyId, limits.chainCertificates);
      return rows.flatMap((row) => JSON.parse(String(row["withdrawn"])) as WithdrawnPath[]);
    },
    shorten(before, limit) {
      return Number(cut.run(before - lastUseSeconds, limit).changes);
    },
    forget(before, limit) {
      return Number(remove.run(before - lastUseSeconds, limit).changes);
    },
  };
}
