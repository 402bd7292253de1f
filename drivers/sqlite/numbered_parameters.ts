// Numbered parameters (`?1`) for a node:sqlite that cannot bind them: before Node 22.20 and 24.7 it takes them for named ones
// and passes them over when values are given in order (https://github.com/nodejs/node/issues/59350).

import type { SqliteStatement, SqliteValue } from "./database.ts";

const numbers = /\?(\d+)/g;

/** Whether a statement has numbered parameters. One that has, has no others. */
export function hasNumbers(sql: string): boolean {
  return sql.search(numbers) >= 0;
}

/**
 * Prepares a statement with plain parameters instead: one for each place where a number stands, with that number's value.
 *
 * @param prepare Compiles a statement without numbers.
 */
export function prepareWithoutNumbers(
  sql: string,
  prepare: (sql: string) => SqliteStatement,
): SqliteStatement {
  const places = Array.from(sql.matchAll(numbers), ([, number]) => Number(number) - 1);
  const inPlace = (values: SqliteValue[]) => places.map((index) => values[index]!);
  const statement = prepare(sql.replaceAll(numbers, "?"));
  return {
    run: (values) => statement.run(inPlace(values)),
    get: (values) => statement.get(inPlace(values)),
    all: (values) => statement.all(inPlace(values)),
  };
}
