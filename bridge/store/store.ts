// Everything the bridge remembers, behind one interface per table: this file opens it in SQLite. PostgreSQL would be
// another function with the same result; nobody outside this folder sees a database.
import { chmodSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { ok, perm, type Result, temp } from "../../shared/result.ts";
import type { Log } from "../pipeline/ports.ts";
import { type ArrivalStore, arrivalStore } from "./arrivals.ts";
import { type BearerStore, bearerStore } from "./bearers.ts";
import { Checkpointer } from "./checkpoint.ts";
import { type CertificateStore, certificateStore } from "./certificates.ts";
import { CommitQueue } from "./commit-queue.ts";
import { type ComplaintStore, complaintStore } from "./complaints.ts";
import { type DeferralStore, deferralStore } from "./deferrals.ts";
import { mayPass, resultCodes, sqliteCode, sqliteDialect } from "./dialect.ts";
import { type FactStore, factStore } from "./facts.ts";
import { type KnownKeyStore, knownKeyStore } from "./known-keys.ts";
import { migrate } from "./migrate.ts";
import { type PairingStore, pairingStore } from "./pairings.ts";
import { type ReaderPolicyStore, readerPolicyStore } from "./reader-policies.ts";
import { type ReceivedStore, receivedStore } from "./received.ts";
import { type ReceivedSumStore, receivedSumStore } from "./received-sums.ts";
import { type RevocationListStore, revocationListStore } from "./revocation-lists.ts";
import { type ReportStore, reportStore } from "./reports.ts";
import type { Tables } from "./schema.ts";
import { type SightingStore, sightingStore } from "./sightings.ts";
import { type SignalStore, signalStore } from "./signals.ts";
import { type TokenStore, tokenStore } from "./tokens.ts";
import { mailboxesBy, type MailboxOf } from "./subaddress.ts";

/** All tables, and what concerns them together. */
export interface Store {
  readonly signals: SignalStore;
  readonly tokens: TokenStore;
  readonly knownKeys: KnownKeyStore;
  readonly certificates: CertificateStore;
  readonly deferrals: DeferralStore;
  readonly complaints: ComplaintStore;
  readonly reports: ReportStore;
  readonly arrivals: ArrivalStore;
  readonly received: ReceivedStore;
  readonly receivedSums: ReceivedSumStore;
  readonly sightings: SightingStore;
  readonly pairings: PairingStore;
  readonly bearers: BearerStore;
  readonly readerPolicies: ReaderPolicyStore;
  readonly revocationLists: RevocationListStore;
  readonly facts: FactStore;
  /** Settles when everything told so far is written. */
  flushed(): Promise<void>;
  /** Whether the store can be written: "store/failing". */
  ready(): Result<void>;
  /** Writes what waits, and closes. */
  close(): Promise<void>;
}

/** How long opening waits for another process that holds the database, ms. */
const openingTimeoutMs = 5_000;
/** While serving, SQLite itself waits only this long: the event loop stands still meanwhile. Longer waits are ours. */
const servingTimeoutMs = 20;

function openDatabase(path: string): Result<DatabaseSync> {
  let database: DatabaseSync | null = null;
  try {
    const isNew = path !== ":memory:" && !existsSync(path);
    database = new DatabaseSync(path, { timeout: openingTimeoutMs });
    if (isNew) chmodSync(path, 0o600);
    // WAL: readers and the writer do not wait for each other. NORMAL: a commit outlives the process; a loss of power may
    // take the last moments with it, whose mails were then not acknowledged either or come a second time.
    database.exec("pragma journal_mode = wal");
    database.exec("pragma synchronous = normal");
    // Rows are asked for while they are young, and lie together: 2 MB of pages serve as fast as 8.
    database.exec("pragma cache_size = -2000");
    database.exec("pragma temp_store = memory");
    // Above what the log grows to under load (checkpoint.ts): cut there, its blocks would be taken anew each time around.
    database.exec("pragma journal_size_limit = 50331648");
    return ok(database);
  } catch (error) {
    database?.close();
    const words = error instanceof Error ? error.message : String(error);
    if (sqliteCode(error) === resultCodes.busy) {
      return temp("store/locked", `${path} is held by another process: ${words}`);
    }
    // A bridge that finds the disk full is started again until there is room.
    return (mayPass(error) ? temp : perm)("store/open", `${path} cannot be opened as a database: ${words}`);
  }
}

const usualMailboxes = mailboxesBy(() => "+");

/**
 * Opens the store at `path` (":memory:" for one that is forgotten), made or brought to this version's tables where
 * needed. Codes: "store/open" and "store/migration" (temporary where the disk is full or can't be written), "store/locked"
 * (temporary), "store/newer".
 */
export function openStore(path: string, log: Log, mailboxOf = usualMailboxes): Promise<Result<Store>> {
  return open(path, log, "taken", mailboxOf);
}

/**
 * Opens a running bridge's store beside it, to look at. One of an older version is left as it is, as that bridge may be
 * at work: "store/older".
 */
export function openStoreBeside(path: string, log: Log): Promise<Result<Store>> {
  return open(path, log, "refused", usualMailboxes);
}

async function open(
  path: string,
  log: Log,
  missing: "taken" | "refused",
  mailboxOf: MailboxOf,
): Promise<Result<Store>> {
  const opened = openDatabase(path);
  if (!opened.ok) return opened;
  const database = opened.value;
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  const migrated = await migrate(db, missing);
  if (!migrated.ok) {
    database.close();
    return { ...migrated, detail: `${path}: ${migrated.detail}` };
  }
  database.exec(`pragma busy_timeout = ${servingTimeoutMs}`);
  const queue = new CommitQueue(database, log);
  const checkpointer = path === ":memory:" ? null : new Checkpointer(database, path, log);
  return ok({
    signals: signalStore(database, queue, mailboxOf),
    tokens: tokenStore(database, queue),
    knownKeys: knownKeyStore(database, queue),
    certificates: certificateStore(database, queue),
    deferrals: deferralStore(database, queue),
    complaints: complaintStore(db),
    reports: reportStore(db),
    arrivals: arrivalStore(database, db, queue),
    received: receivedStore(db),
    receivedSums: receivedSumStore(db),
    sightings: sightingStore(database, db, queue, mailboxOf),
    pairings: pairingStore(db),
    bearers: bearerStore(db),
    readerPolicies: readerPolicyStore(database, db),
    revocationLists: revocationListStore(db),
    facts: factStore(db),
    flushed: () => queue.committed(),
    ready: () => (queue.failing ? temp("store/failing", "the last write to the database failed") : ok(undefined)),
    async close() {
      try {
        await queue.committed();
      } finally {
        queue.close();
        await checkpointer?.stop();
        await db.destroy();
        database.close();
        checkpointer?.release();
      }
    },
  });
}
