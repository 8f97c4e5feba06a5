// What the background needs from outside, as small interfaces: the browser's implementation stands in the hosts' mains,
// the tests' in test/extension/background.
import type { Crypto } from "../../shared/crypto/crypto.ts";
import type { Result } from "../../shared/result.ts";
import type { ReaderSources } from "../../shared/verdict/assess.ts";
import type { Evidence, Verdict } from "../../shared/verdict/types.ts";
import type { Fetch } from "../client/request.ts";
import type { InTurn } from "./turns.ts";

/** One of the browser's storage areas, key by key. */
export interface StorageArea {
  read(key: string): Promise<unknown>;
  write(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
  /** Every key in it. */
  keys(): Promise<readonly string[]>;
  /** For what reads and writes several keys. */
  readonly inTurn: InTurn;
}

/** A mailbox as the mail program knows it, or the reader told us. */
export interface HostAccount {
  readonly id: string;
  readonly name: string;
  /** The reader's addresses in it, the main one first. */
  readonly addresses: readonly string[];
  /** Hosts it is read from (IMAP, webmail), where a bridge may be found besides the mail domain. */
  readonly hosts: readonly string[];
}

/** The judgement itself, injected so that the background's own work is tested without it. */
export type Assess = (
  raw: Uint8Array,
  sources: ReaderSources,
) => Promise<Result<{ readonly verdict: Verdict; readonly evidence: Evidence }>>;

/** The background's surroundings. */
export interface Platform {
  /** Kept until the extension goes: accounts, pins, sessions, complaints. */
  readonly local: StorageArea;
  /** Kept until the program ends: what is shown in which tab, verdicts. */
  readonly session: StorageArea;
  readonly fetch: Fetch;
  readonly crypto: Crypto;
  readonly assess: Assess;
  /** Unix seconds. */
  now(): number;
  accounts(): Promise<readonly HostAccount[]>;
  /** Told of failures that nobody waits for: the console of the extension. */
  readonly failed: (error: unknown) => void;
  /** Moves a mail to its account's Junk folder; false: it stayed. null where the mail program does not let us. */
  readonly moveToJunk: ((handle: number) => Promise<boolean>) | null;
}
