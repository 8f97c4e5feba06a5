// Moves what was committed from SQLite's log into the database file without standing in the way of mail. By itself SQLite
// does that inside some commit and waits there for the disk, tens of milliseconds on a busy one. Here the waiting is done by
// fdatasync in libuv's thread pool, in SQLite's own order (https://sqlite.org/wal.html, section 2.2 and 3.3):
//   1. a reader holds a snapshot: no frame after it is moved, and the log is not begun anew under it;
//   2. the log is synced: all frames of the snapshot outlive a loss of power;
//   3. those frames are copied into the database file, without a sync of SQLite's own;
//   4. the database file is synced; only then the snapshot is let go.
// Under unbroken load the log would grow for ever, as it is only begun anew where nothing is left in it: beyond a size the
// small rest is moved the ordinary way.
import { closeSync, fdatasync, openSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { Log } from "../pipeline/ports.ts";

const sync = promisify(fdatasync);

/** Between two looks, ms. */
const roundMs = 200;
/** Frames (4 kB each) in the log beyond which the rest is moved at once: 32 MB. */
const longLog = 8_000;

/** Checkpoints one database from its opening to its closing. */
export class Checkpointer {
  readonly #database: DatabaseSync;
  readonly #reader: DatabaseSync;
  readonly #version: StatementSync;
  readonly #move: StatementSync;
  readonly #files: readonly { readonly fd: number }[];
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;

  /** `database` is open on `path` in WAL mode, and has written. */
  constructor(database: DatabaseSync, path: string, log: Log) {
    this.#database = database;
    this.#log = log;
    database.exec("pragma wal_autocheckpoint = 0");
    this.#reader = new DatabaseSync(path, { readOnly: true });
    this.#version = this.#reader.prepare("pragma data_version");
    this.#move = database.prepare("pragma wal_checkpoint(passive)");
    // Kept open until the database is closed: closing any descriptor of a file drops the process's POSIX locks on it.
    this.#files = [`${path}-wal`, path].map((name) => ({ fd: openSync(name, "r") }));
    this.#done = this.#run();
  }

  /** Ends the round under way. To be called before the database is closed; `release` after it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
    this.#reader.close();
  }

  /** Closes the descriptors, once the database is closed. */
  release(): void {
    for (const { fd } of this.#files) closeSync(fd);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let seen: unknown = null;
    let failing = false;
    while (!signal.aborted) {
      await wait(roundMs, undefined, { signal, ref: false }).catch(() => {});
      try {
        // Changes with every commit of another connection than the reader's own.
        const version = this.#version.get()?.["data_version"];
        if (version === seen || signal.aborted) continue;
        seen = version;
        await this.#round();
        failing = false;
      } catch (error) {
        if (!failing) this.#log.warn({ err: error }, "store: a checkpoint failed, trying again");
        failing = true;
        seen = null;
      }
    }
  }

  async #round(): Promise<void> {
    const [log, file] = this.#files;
    if (log === undefined || file === undefined) return;
    this.#reader.exec("begin");
    let frames = 0;
    try {
      this.#reader.prepare("select name from facts limit 1").get();
      await sync(log.fd);
      await this.#outsideTransaction();
      this.#database.exec("pragma synchronous = off");
      try {
        frames = Number(this.#move.get()?.["log"] ?? 0);
      } finally {
        this.#database.exec("pragma synchronous = normal");
      }
      await sync(file.fd);
    } finally {
      this.#reader.exec("commit");
    }
    if (frames < longLog) return;
    await this.#outsideTransaction();
    this.#move.get();
  }

  /** A Kysely transaction spans a few microtasks. */
  async #outsideTransaction(): Promise<void> {
    while (this.#database.isTransaction) await wait(1);
  }
}
