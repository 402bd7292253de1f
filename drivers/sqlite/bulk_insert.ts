// Inserts that carry many rows in one statement. The cursor of an insert stays where the last row went, which is where the
// next one goes when keys grow; and each statement that is run costs as much as ten parameters.

import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./database.ts";

/** How many rows go into one statement: 4 took two thirds of the time of 1, and 16 more than 1 (calls with many arguments are slow). */
const rowsAtATime = 4;

/** An insert statement for any number of rows up to {@linkcode BulkInsert.limit}. */
export class BulkInsert {
  readonly #head: string;
  readonly #row: (first: number) => string;
  readonly #columns: number;
  readonly #shared: number;
  readonly #texts = new Map<number, string>();

  /** How many rows fit into one statement. */
  readonly limit: number = rowsAtATime;

  /**
   * @param head `INSERT INTO … VALUES`.
   * @param columns How many parameters a row has.
   * @param row The text of a row, given the number of its first parameter.
   * @param shared How many parameters come before those of the first row, for all rows.
   */
  constructor(
    head: string,
    columns: number,
    row: (first: number) => string = (first) => `(${numbered(first, columns)})`,
    shared = 0,
  ) {
    this.#head = head;
    this.#columns = columns;
    this.#row = row;
    this.#shared = shared;
  }

  /** Inserts the rows whose parameters these are, one after the other; at most {@linkcode BulkInsert.limit}. */
  run(connection: Connection, parameters: SqliteValue[]): number {
    const rows = (parameters.length - this.#shared) / this.#columns;
    let sql = this.#texts.get(rows);
    if (sql === undefined) {
      const texts = Array.from(
        { length: rows },
        (_, row) => this.#row(1 + this.#shared + row * this.#columns),
      );
      this.#texts.set(rows, sql = `${this.#head} ${texts.join(", ")}`);
    }
    return connection.prepare(sql).run(parameters);
  }
}

/** `?3, ?4, ?5` for 3 and 3. */
export function numbered(first: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `?${first + index}`).join(", ");
}
