// Numbered parameters (`?1`) for a node:sqlite that cannot bind them: before Node 22.20 and 24.7 it
// takes them for named ones and passes them over when values are given in order
// (https://github.com/nodejs/node/issues/59350).

import type { SqliteStatement, SqliteValue } from "./sqlite_library.ts";

/** Whether a statement has numbered parameters. */
export function hasNumbers(sql: string): boolean {
  return /\?\d/.test(sql);
}

/**
 * The index of the value at each place: a number says which; without one it is the next after the
 * largest so far.
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
 * Prepares a statement with plain parameters instead: one for each place, with the value that
 * belongs there.
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
