// Statements for many rows. Running a statement costs as much as binding ten parameters. With
// ascending keys, an insert of many rows also keeps its cursor at the position of the next row.

import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./sqlite_library.ts";

/** The form of a {@linkcode BulkStatement}. */
export interface BulkForm {
  /** Returns the SQL. `firsts` has the number of the first parameter of each row. */
  readonly text: (firsts: readonly number[]) => string;
  /** The number of parameters of a row. */
  readonly columns: number;
  /** The number of shared parameters, which precede those of the rows. @default 0 */
  readonly shared?: number;
}

/**
 * The maximum number of rows in one statement. More rows save nothing, because the cost of their
 * parameters then outweighs that of a statement.
 */
const rowsAtATime = 16;

/** A statement for any number of rows up to {@linkcode BulkStatement.limit}. */
export class BulkStatement {
  readonly #form: BulkForm;
  readonly #shared: number;
  readonly #texts: string[] = [];

  /** The maximum number of rows of the statement. */
  readonly limit: number = rowsAtATime;
  /** The number of parameters of a full statement. */
  readonly mostParameters: number;

  constructor(form: BulkForm) {
    this.#form = form;
    this.#shared = form.shared ?? 0;
    this.mostParameters = this.#shared + this.limit * form.columns;
  }

  /**
   * Runs the statement. `parameters` has the shared parameters, followed by those of each row.
   *
   * @returns The number of changed rows.
   */
  run(connection: Connection, parameters: SqliteValue[]): number {
    const rows = (parameters.length - this.#shared) / this.#form.columns;
    return connection.prepare(this.#texts[rows] ??= this.sql(rows)).run(parameters);
  }

  /** Returns the statement for `rows` rows. */
  sql(rows: number): string {
    const { text, columns } = this.#form;
    return text(Array.from({ length: rows }, (_, row) => 1 + this.#shared + row * columns));
  }
}

/** Returns numbered parameters: `?3, ?4, ?5` for 3 and 3. */
export function numbered(first: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `?${first + index}`).join(", ");
}
