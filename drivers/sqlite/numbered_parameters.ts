// Binds numbered parameters (`?1`) in versions of node:sqlite that cannot bind them. Before Node
// 22.20 and 24.7, node:sqlite treats such parameters as named, and skips them when it binds values
// by position (https://github.com/nodejs/node/issues/59350).

import type { SqliteStatement, SqliteValue } from "./sqlite_library.ts";

/** Reports whether a statement has numbered parameters. */
export function hasNumbers(sql: string): boolean {
  return /\?\d/.test(sql);
}

/**
 * Returns the index of the value for each parameter of a statement. A parameter without a number
 * has the number after the largest so far, as in SQLite.
 */
function indexesIn(sql: string): number[] {
  let largest = 0;
  return Array.from(sql.matchAll(/\?(\d*)/g), ([, number]) => {
    const position = number === "" ? largest + 1 : Number(number);
    largest = Math.max(largest, position);
    return position - 1;
  });
}

/**
 * Prepares a statement in which `?` replaces each numbered parameter. Values are bound by the
 * original numbers.
 *
 * @param prepare Compiles a statement without numbers.
 */
export function prepareWithoutNumbers(
  sql: string,
  prepare: (sql: string) => SqliteStatement,
): SqliteStatement {
  const indexes = indexesIn(sql);
  const inPlace = (values: SqliteValue[]) => indexes.map((index) => values[index]!);
  const statement = prepare(sql.replaceAll(/\?\d+/g, "?"));
  return {
    run: (values) => statement.run(inPlace(values)),
    get: (values) => statement.get(inPlace(values)),
    all: (values) => statement.all(inPlace(values)),
    values: (values) => statement.values(inPlace(values)),
  };
}
