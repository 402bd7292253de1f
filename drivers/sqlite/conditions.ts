// Collects the conditions of a query.

import type { SqliteValue } from "./sqlite_library.ts";

/** The conditions of a statement, and their parameters. */
export class Conditions {
  readonly #conditions: string[] = [];
  readonly parameters: SqliteValue[] = [];

  add(condition: string, ...values: SqliteValue[]): void {
    this.#conditions.push(condition);
    this.parameters.push(...values);
  }

  toString(): string {
    return this.#conditions.length === 0 ? "" : `WHERE ${this.#conditions.join(" AND ")}`;
  }
}
