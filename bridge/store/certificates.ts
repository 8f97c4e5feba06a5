// The chains that kept mails were verified with, kept as long as the mails' signals, so that an add-on can recheck old
// mail without asking the sender's side (protocol section 4).
import { hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { limits } from "../../shared/limits.ts";
import { cacheOf } from "../cache/cache.ts";
import type { Eventually } from "../pipeline/ports.ts";
import type { CommitQueue } from "./commit-queue.ts";

/** A certificate chain, DER, leaf first. */
export type Chain = readonly Uint8Array[];

/** The table of chains. */
export interface CertificateStore {
  /** A mail of this moment was verified with the chain, whose leaf has this key. Cheap when called for every mail. */
  keep(keyId: string, chain: Chain, at: number): void;
  /** The chains kept for a key, latest used first. */
  chains(keyId: string): Eventually<readonly Chain[]>;
  /** Removes up to `limit` chains not used since `before`; how many it removed. */
  forget(before: number, limit: number): Eventually<number>;
}

/**
 * Octets of a chain that is kept whole: three or four certificates have 6,000. Of a longer one only the leaf is, which the
 * recheck takes for itself: a stranger's mail of 2 kB must not have us keep 48 kB for a month.
 */
const chainBytes = 16_384;

/** The last use is written at most once in this time; `forget` is told to be later by as much. */
const lastUseSeconds = 86_400;

/** Chains in SQLite. */
export function certificateStore(database: DatabaseSync, queue: CommitQueue): CertificateStore {
  const upsert = database.prepare(
    "insert or replace into certificates (key_id, fingerprint, chain, used_at) values (?, ?, ?, ?)",
  );
  const select = database.prepare("select chain from certificates where key_id = ? order by used_at desc limit ?");
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
      queue.push(upsert, () => [keyId, fingerprint, base64, at]);
    },
    chains(keyId) {
      return select.all(keyId, limits.chainCertificates).map((row) =>
        String(row["chain"])
          .split(" ")
          .map((base64) => new Uint8Array(Buffer.from(base64, "base64"))),
      );
    },
    forget(before, limit) {
      return Number(remove.run(before - lastUseSeconds, limit).changes);
    },
  };
}
