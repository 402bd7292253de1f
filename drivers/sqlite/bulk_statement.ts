// Statements that carry many rows: to run a statement costs as much as ten of its parameters, and
// the cursor of an insert stays where the last row went, which is where the next one goes when keys
// grow.

import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./sqlite_library.ts";

/** How a {@linkcode BulkStatement} is made. */
export interface BulkForm {
  /** The statement, given the number of each row's first parameter. */
  readonly text: (firsts: readonly number[]) => string;
  /** How many parameters a row has. */
  readonly columns: number;
  /** How many parameters come before those of the first row, for all rows. @default 0 */
  readonly shared?: number;
}

/** How many rows go into one statement: more gain nothing, as each parameter has its price. */
const rowsAtATime = 16;

/** A statement for any number of rows up to {@linkcode BulkStatement.limit}. */
export class BulkStatement {
  readonly #form: BulkForm;
  readonly #shared: number;
  readonly #texts: string[] = [];

  /** How many rows fit into one statement. */
  readonly limit: number = rowsAtATime;
  /** With how many parameters it is full. */
  readonly mostParameters: number;

  constructor(form: BulkForm) {
    this.#form = form;
    this.#shared = form.shared ?? 0;
    this.mostParameters = this.#shared + this.limit * form.columns;
  }

  /**
   * Runs it for the rows whose parameters these are, one after the other behind those that they
   * share.
   *
   * @returns How many rows were changed.
   */
  run(connection: Connection, parameters: SqliteValue[]): number {
    const rows = (parameters.length - this.#shared) / this.#form.columns;
    return connection.prepare(this.#texts[rows] ??= this.sql(rows)).run(parameters);
  }

  /** The statement for `rows` rows. */
  sql(rows: number): string {
    const { text, columns } = this.#form;
    return text(Array.from({ length: rows }, (_, row) => 1 + this.#shared + row * columns));
  }
}

/** `?3, ?4, ?5` for 3 and 3. */
export function numbered(first: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `?${first + index}`).join(", ");
}
