// A stand-in for `Database` of @db/sqlite, which would load a native library from the network. It
// uses node:sqlite, and imitates what differs in that package (denodrivers/sqlite3, 0.12 and 0.13):
//
// - Integers are read with 32 bits. If `int64` is set, they have all bits, and integers beyond 2^53
//   are bigints.
// - Texts end at the first U+0000.
// - `run` returns the number of changes.
// - A `get` without parameters returns the same object every time.
// - Errors have SQLite's text, but no code.

import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { SqliteValue } from "../../../drivers/sqlite/mod.ts";

/** The part of `Database` of @db/sqlite that the driver and the tests use. */
export class DenoSqliteStandIn {
  readonly #database: DatabaseSync;
  /** Whether integers are read with all their bits. */
  int64 = false;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  prepare(sql: string): StatementStandIn {
    return withTextErrors(() => new StatementStandIn(this, this.#database.prepare(sql)));
  }

  exec(sql: string): number {
    withTextErrors(() => this.#database.exec(sql));
    return 0;
  }

  close(): void {
    this.#database.close();
  }
}

class StatementStandIn {
  readonly #database: DenoSqliteStandIn;
  readonly #statement: StatementSync;
  readonly #sharedRow: Record<string, unknown> = {};

  constructor(database: DenoSqliteStandIn, statement: StatementSync) {
    this.#database = database;
    this.#statement = statement;
    statement.setReadBigInts(true);
  }

  run(...parameters: SqliteValue[]): number {
    return withTextErrors(() => Number(this.#statement.run(...parameters).changes));
  }

  get(...parameters: SqliteValue[]): object | undefined {
    const [row] = this.all(...parameters);
    return row && (parameters.length === 0 ? Object.assign(this.#sharedRow, row) : row);
  }

  all(...parameters: SqliteValue[]): object[] {
    const rows = withTextErrors(() => this.#statement.all(...parameters));
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, this.#read(value)]))
    );
  }

  #read(value: unknown): unknown {
    if (typeof value !== "bigint") return value;
    if (!this.#database.int64) return Number(BigInt.asIntN(32, value));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
}

function withTextErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error((error as Error).message);
  }
}
