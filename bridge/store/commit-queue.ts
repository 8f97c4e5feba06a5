// Group commit: rows of the hot path wait in memory for the end of this turn of the event loop and are written in one
// transaction, so that a mail pays microseconds. What a mail must not be accepted without waits for `committed()`.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { Log } from "../pipeline/ports.ts";
import { Unavailable } from "../pipeline/unavailable.ts";
import { asUnavailable, resultCodes, sqliteCode } from "./dialect.ts";

/** Rows written in one transaction at most: bounds how long the event loop stands still. */
const batchRows = 1_000;
/**
 * Rows kept while nothing can be written (disk full, locked by another process); beyond, new ones are refused. Their mails
 * have been put off, and come again with rows of their own: more would be memory for nothing.
 */
const waitingRows = 5_000;
/** Time between tries while nothing can be written. */
const retryMs = 200;
/** How long a mail waits for a lock before it is put off, ms. */
const patienceMs = 3_000;

interface Write {
  readonly statement: StatementSync;
  readonly parameters: () => SQLInputValue[];
}

/** Those who wait for the rows before `until`. */
interface Waiting {
  readonly until: number;
  readonly since: number;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes in groups; lives as long as its database. */
export class CommitQueue {
  readonly #database: DatabaseSync;
  readonly #log: Log;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #writes: Write[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #emptied: (() => void)[] = [];
  /** Rows pushed and rows written since the start. */
  #pushed = 0;
  #written = 0;
  #timer: NodeJS.Immediate | NodeJS.Timeout | null = null;
  #failing = false;

  constructor(database: DatabaseSync, log: Log) {
    this.#database = database;
    this.#log = log;
    this.#begin = database.prepare("begin immediate");
    this.#commit = database.prepare("commit");
  }

  /** Whether the last try to write failed. */
  get failing(): boolean {
    return this.#failing;
  }

  /** `job` is called whenever nothing waits any more: what mirrors waiting rows in memory is forgotten there. */
  onEmpty(job: () => void): void {
    this.#emptied.push(job);
  }

  /**
   * Queues one row; `parameters` is asked when it is written, a moment later. The statement must not fail on
   * a row that is there already. Throws when too many rows wait.
   */
  push(statement: StatementSync, parameters: () => SQLInputValue[]): void {
    if (this.#writes.length >= waitingRows) throw new Unavailable("store: too many rows wait to be written");
    this.#writes.push({ statement, parameters });
    this.#pushed += 1;
    this.#schedule();
  }

  /** Settles when all pushed so far is committed; rejects when that fails for good or takes too long. */
  committed(): Promise<void> {
    if (this.#written === this.#pushed) return Promise.resolve();
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.until === this.#pushed) return last.promise;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ until: this.#pushed, since: performance.now(), promise, resolve, reject });
    return promise;
  }

  /** Stops trying; what waits is refused. */
  close(): void {
    if (this.#timer !== null) {
      clearImmediate(this.#timer as NodeJS.Immediate);
      clearTimeout(this.#timer as NodeJS.Timeout);
    }
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new Error("store: closed"));
  }

  /** After two more turns of the event loop: next to nothing where it is idle, and under load mails share a commit. */
  #schedule(): void {
    this.#timer ??= setImmediate(() => {
      this.#timer = setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    this.#timer = null;
    if (this.#database.isTransaction) {
      // A Kysely transaction spans a few microtasks; what is written now would become part of it.
      this.#timer = setImmediate(() => this.#flush());
      return;
    }
    const count = Math.min(this.#writes.length, batchRows);
    try {
      this.#begin.run();
      for (let i = 0; i < count; i += 1) {
        const write = this.#writes[i];
        write?.statement.run(...write.parameters());
      }
      this.#commit.run();
    } catch (error) {
      this.#failed(error, count);
      return;
    }
    if (this.#failing) this.#log.info({}, "store: writes again");
    this.#failing = false;
    this.#drop(count);
  }

  /** Forgets the first `count` rows, tells those who wait, and goes on. */
  #drop(count: number): void {
    this.#writes.splice(0, count);
    this.#written += count;
    while ((this.#waiting[0]?.until ?? Infinity) <= this.#written) this.#waiting.shift()?.resolve();
    if (this.#writes.length > 0) this.#schedule();
    else for (const job of this.#emptied) job();
  }

  #failed(error: unknown, count: number): void {
    if (this.#database.isTransaction) this.#database.exec("rollback");
    const told = asUnavailable(error);
    if (!this.#failing) this.#log.error({ err: error, rows: this.#writes.length }, "store: cannot write");
    this.#failing = true;
    if (!(told instanceof Unavailable)) {
      // A row that cannot be written now cannot be written later. A bug; nobody else's rows wait for it.
      for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
      this.#drop(count);
      return;
    }
    const patience = sqliteCode(error) === resultCodes.busy ? performance.now() - patienceMs : Infinity;
    while ((this.#waiting[0]?.since ?? Infinity) < patience) this.#waiting.shift()?.reject(told);
    this.#timer = setTimeout(() => this.#flush(), retryMs);
  }
}
