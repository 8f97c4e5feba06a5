// Kysely over node:sqlite: a driver with one connection, prepared statements kept by their text. Where another process
// holds the write lock it waits between tries, not inside SQLite, so that the event loop goes on serving mail.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";
import { LRUCache } from "lru-cache";
import { Unavailable } from "../pipeline/unavailable.ts";

/** SQLite's primary result codes that the store tells apart (https://sqlite.org/rescode.html). */
export const resultCodes = { busy: 5, locked: 6, noMemory: 7, readOnly: 8, io: 10, full: 13, cannotOpen: 14 } as const;

/** The primary result code of what node:sqlite threw; null for anything else. */
export function sqliteCode(error: unknown): number | null {
  if (error instanceof Unavailable) return sqliteCode(error.cause);
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return null;
  return error.errcode & 0xff;
}

/** What may be otherwise in a moment, without anybody's mending: a full disk, a lock. */
const passing: ReadonlySet<number> = new Set(Object.values(resultCodes));

/** Whether another try may succeed. */
export function mayPass(error: unknown): boolean {
  return passing.has(sqliteCode(error) ?? -1);
}

/** The error, as Unavailable where the same rows may be written another time. */
export function asUnavailable(error: unknown): unknown {
  if (!mayPass(error) || !(error instanceof Error)) return error;
  return new Unavailable(`store: ${error.message}`, { cause: error });
}

/** How long a lock is waited for, and how often it is looked at meanwhile, ms. */
const patienceMs = 3_000;
const pauseMs = 50;
/** Without a busy answer for so long the next one is another lock's. */
const anotherLockMs = 1_000;

/**
 * Waits while another process holds the lock, about three seconds in all: those who come while the same lock is held wait no
 * longer than the first. One connection serves them one after the other, and whoever only reads stands behind them.
 */
class Patience {
  #sinceMs = 0;
  #lastMs = -Infinity;

  async run<T>(job: () => T): Promise<T> {
    for (;;) {
      try {
        return job();
      } catch (error) {
        if (sqliteCode(error) !== resultCodes.busy || this.#isOver(performance.now())) throw asUnavailable(error);
        await wait(pauseMs);
      }
    }
  }

  #isOver(nowMs: number): boolean {
    if (nowMs - this.#lastMs > anotherLockMs) this.#sinceMs = nowMs;
    this.#lastMs = nowMs;
    return nowMs - this.#sinceMs > patienceMs;
  }
}

class Connection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #patience: Patience;
  readonly #statements = new LRUCache<string, StatementSync>({ max: 200 });

  constructor(database: DatabaseSync, patience: Patience) {
    this.#database = database;
    this.#patience = patience;
  }

  #prepare(text: string): StatementSync {
    const kept = this.#statements.get(text);
    if (kept !== undefined) return kept;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#patience.run(() => {
      const statement = this.#prepare(query.sql);
      const parameters = query.parameters as SQLInputValue[];
      if (statement.columns().length > 0) return { rows: statement.all(...parameters) as Row[] };
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    });
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query);
  }
}

class SqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: Connection;
  readonly #patience = new Patience();
  #turn: Promise<void> = Promise.resolve();
  #release: () => void = () => {};
  #full = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#connection = new Connection(database, this.#patience);
  }

  async init(): Promise<void> {}

  /** One holder at a time: what a transaction's statements span nobody else's may enter. */
  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    this.#release = resolve;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release();
  }

  /**
   * "immediate": takes the write lock at once, for a lock taken later cannot be waited for. What asks for the level
   * "serializable" is on the disk itself when it commits, and outlives a loss of power; all else outlives the process.
   */
  async beginTransaction(_: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    this.#full = settings.isolationLevel === "serializable";
    await this.#patience.run(() => {
      // In one go with the beginning: a checkpoint sets the level back.
      if (this.#full) this.#database.exec("pragma synchronous = full");
      this.#database.exec("begin immediate");
    });
  }

  async commitTransaction(): Promise<void> {
    await this.#patience.run(() => this.#database.exec("commit"));
    this.#relax();
  }

  async rollbackTransaction(): Promise<void> {
    if (this.#database.isTransaction) this.#database.exec("rollback");
    this.#relax();
  }

  #relax(): void {
    if (this.#full) this.#database.exec("pragma synchronous = normal");
    this.#full = false;
  }

  async destroy(): Promise<void> {}
}

/** A Kysely dialect over an open database; closing it is its opener's. */
export function sqliteDialect(database: DatabaseSync): Dialect {
  return {
    createDriver: () => new SqliteDriver(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  };
}
