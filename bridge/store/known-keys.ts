// Which keys each address used: the ground of the trust level `pinned` and of the warnings about changed keys and lowered
// levels (protocol section 2). Addresses are kept as digests.
import type { DatabaseSync } from "node:sqlite";
import { LRUCache } from "lru-cache";
import { type TrustLevel, trustLevels } from "../../shared/ipp/types.ts";
import type { Eventually, KeyMemory } from "../pipeline/ports.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { digest, sameAddress } from "./digest.ts";

/** One key that one address used. */
export interface KnownKey {
  readonly keyId: string;
  /** The best level it ever had. */
  readonly level: TrustLevel;
  /** Some mail with it had aligned DKIM that passed: without that nothing is pinned. */
  readonly dkimAligned: boolean;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** The memory of keys. */
export interface KnownKeyStore extends KeyMemory {
  /** Keys of the address so far, oldest first; at most `keysPerAddress`. */
  known(address: string): Eventually<readonly KnownKey[]>;
  /** Removes up to `limit` keys not used since `before`; how many it removed. */
  forget(before: number, limit: number): Eventually<number>;
}

/** Keys remembered of one address: a stranger who writes in its name with ever new keys fills no disk. */
const keysPerAddress = 16;
/** The last use is written at most once in this time. */
const lastUseSeconds = 86_400;

function better(a: TrustLevel, b: TrustLevel): TrustLevel {
  return trustLevels.indexOf(a) < trustLevels.indexOf(b) ? a : b;
}

function level(text: string): TrustLevel {
  return trustLevels.find((name) => name === text) ?? "none";
}

/** The memory of keys in SQLite, recent addresses in memory. */
export function knownKeyStore(database: DatabaseSync, queue: CommitQueue): KnownKeyStore {
  const select = database.prepare(
    "select key_id, level, dkim_aligned, first_at, last_at from known_keys where address = ? order by first_at",
  );
  const upsert = database.prepare(
    "insert or replace into known_keys (address, key_id, level, dkim_aligned, first_at, last_at) values (?, ?, ?, ?, ?, ?)",
  );
  const remove = database.prepare(
    "delete from known_keys where (address, key_id) in (select address, key_id from known_keys where last_at < ? limit ?)",
  );
  // Larger than what can wait in the queue between two writes, so that a row is found here or in the database.
  const recent = new LRUCache<string, readonly KnownKey[]>({ maxSize: 60_000, sizeCalculation: sizeOf });

  function known(address: string): readonly KnownKey[] {
    const kept = recent.get(address);
    if (kept !== undefined) return kept;
    const rows = select.all(digest(address)).map((row) => ({
      keyId: String(row["key_id"]),
      level: level(String(row["level"])),
      dkimAligned: row["dkim_aligned"] === 1,
      firstAt: Number(row["first_at"]),
      lastAt: Number(row["last_at"]),
    }));
    recent.set(address, rows);
    return rows;
  }

  return {
    known: (address) => known(sameAddress(address)),
    sighted({ address, keyId, level, dkimAligned, at }) {
      const key = sameAddress(address);
      const before = known(key);
      const earlier = before.find((known) => known.keyId === keyId);
      if (earlier === undefined && before.length >= keysPerAddress) return;
      const next: KnownKey = {
        keyId,
        level: earlier === undefined ? level : better(level, earlier.level),
        dkimAligned: dkimAligned || earlier?.dkimAligned === true,
        firstAt: earlier?.firstAt ?? at,
        lastAt: Math.max(at, earlier?.lastAt ?? 0),
      };
      const news =
        earlier === undefined ||
        next.level !== earlier.level ||
        next.dkimAligned !== earlier.dkimAligned ||
        next.lastAt - earlier.lastAt > lastUseSeconds;
      if (!news) return;
      recent.set(key, [...before.filter((known) => known.keyId !== keyId), next]);
      queue.push(upsert, () => [digest(key), keyId, next.level, next.dkimAligned ? 1 : 0, next.firstAt, next.lastAt]);
    },
    forget(before, limit) {
      return Number(remove.run(before, limit).changes);
    },
  };
}

function sizeOf(keys: readonly KnownKey[], address: string): number {
  return keys.length + 1 + Math.floor(address.length / 64);
}
