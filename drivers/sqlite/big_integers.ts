// Handles integers beyond 2^53. The driver never stores them, but a damaged row may have them.
// Reading the other rows must not fail because of such a row.

import type { SqliteRow, SqliteValue } from "./sqlite_library.ts";

/** A row in which integers may have been read as bigints. */
export type RowWithBigInts = Record<string, SqliteValue | bigint>;

/**
 * Converts bigints to numbers, in place. Rounds integers beyond 2^53. A later check of the row
 * reports them as damaged.
 */
export function roundBigInts(rows: RowWithBigInts[]): SqliteRow[] {
  for (const row of rows) {
    for (const column in row) {
      const value = row[column]!;
      if (typeof value === "bigint") row[column] = Number(value);
    }
  }
  return rows as SqliteRow[];
}
