// Which token reached whom: tells a retry from a second copy, and a second copy from a replay (protocol section 3,
// Results). Addresses are kept only as digests salted with their token.
import type { DatabaseSync } from "node:sqlite";
import { limits } from "../../shared/limits.ts";
import type { Eventually, TokenMemory, TokenSighting } from "../pipeline/ports.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { digest, sameAddress } from "./digest.ts";

/** The table of tokens. */
export interface TokenStore extends TokenMemory {
  /** Removes up to `limit` rows whose declarations expired before then, Unix seconds; how many it removed. */
  forget(before: number, limit: number): Eventually<number>;
}

/** One recipient that a token reached. */
interface Reached {
  readonly client: string;
  readonly at: number;
  readonly bound: boolean;
}

const nobody: ReadonlyMap<string, Reached> = new Map();

/** How this sighting stands to those before it, and the recipients that are new to the token. */
function judged(
  before: ReadonlyMap<string, Reached>,
  sighting: TokenSighting,
  keyOf: (address: string) => string,
): { verdict: "first" | "retry" | "copy" | "replay"; fresh: ReadonlyMap<string, Reached> } {
  const fresh = new Map<string, Reached>();
  const { client, at } = sighting;
  let [known, copied, unbound] = [false, false, false];
  for (const { address, bound } of sighting.recipients) {
    const key = keyOf(address);
    const earlier = before.get(key);
    unbound ||= !bound;
    if (earlier === undefined) {
      fresh.set(key, { client, at, bound });
      continue;
    }
    known = true;
    if (bound && (earlier.client !== client || at - earlier.at > limits.retrySeconds)) copied = true;
  }
  let strangers = 0;
  for (const reached of before.values()) if (!reached.bound) strangers += 1;
  // Beyond one over the limit more strangers change nothing: they are not kept.
  for (const [key, reached] of fresh) {
    if (reached.bound) continue;
    strangers += 1;
    if (strangers > limits.replayRecipients + 1) fresh.delete(key);
  }
  if (unbound && strangers > limits.replayRecipients) return { verdict: "replay", fresh };
  if (copied) return { verdict: "copy", fresh };
  return { verdict: known ? "retry" : "first", fresh };
}

/** The memory of tokens in SQLite; what is not yet written is remembered in memory until it is. */
export function tokenStore(database: DatabaseSync, queue: CommitQueue): TokenStore {
  const insert = database.prepare(
    "insert or ignore into tokens (expires_at, token, recipient, client, at, bound) values (?, ?, ?, ?, ?, ?)",
  );
  const select = database.prepare(
    "select recipient, client, at, bound from tokens where expires_at = ? and token = ? limit 1000",
  );
  const remove = database.prepare(
    `delete from tokens where (expires_at, token, recipient) in
       (select expires_at, token, recipient from tokens where expires_at < ? limit ?)`,
  );
  const waiting = new Map<string, ReadonlyMap<string, Reached>>();
  queue.onEmpty(() => waiting.clear());

  function reached(expiresAt: number, token: string): ReadonlyMap<string, Reached> {
    const rows = select.all(expiresAt, token);
    const pending = waiting.get(token);
    if (rows.length === 0) return pending ?? nobody;
    const found = new Map<string, Reached>();
    for (const row of rows) {
      found.set(String(row["recipient"]), {
        client: String(row["client"]),
        at: Number(row["at"]),
        bound: row["bound"] === 1,
      });
    }
    for (const [key, value] of pending ?? nobody) found.set(key, value);
    return found;
  }

  return {
    sighted(sighting) {
      // The signature covers x, so one token of an honest signer has one: first in the key, it keeps the rows of one time
      // together, for writing and for forgetting.
      const { expiresAt } = sighting;
      const token = digest(sighting.domain, sighting.token);
      const keyOf = (address: string): string => digest(token, sameAddress(address));
      const { verdict, fresh } = judged(reached(expiresAt, token), sighting, keyOf);
      if (fresh.size === 0) return verdict;
      const pending = waiting.get(token);
      waiting.set(token, pending === undefined ? fresh : new Map([...pending, ...fresh]));
      for (const [key, { client, at, bound }] of fresh) {
        queue.push(insert, () => [expiresAt, token, key, client, at, bound ? 1 : 0]);
      }
      return verdict;
    },
    forget(before, limit) {
      return Number(remove.run(before, limit).changes);
    },
  };
}
