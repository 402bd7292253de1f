// The sizes of the tables of a store, and how fast they grow.

import type { TableName, TableSize } from "../storage/table_sizes.ts";

/** The size and growth of one table. */
export interface TableGrowth {
  /** The table's name. */
  readonly table: TableName;
  /** The number of rows; null if it cannot be told without reading the table. */
  readonly rows: number | null;
  /** Whether the numbers are estimates, as for large tables. */
  readonly isEstimate: boolean;
  /** The bytes of the table and its indexes; null if the store does not tell. */
  readonly bytes: number | null;
  /**
   * The instant of the oldest row, or at which its task was created; null if the table is empty or
   * has no rows of tasks.
   */
  readonly oldestAt: Date | null;
  /**
   * The average number of rows a day since the oldest row, without rows that were deleted since;
   * null if that is less than a day.
   */
  readonly rowsPerDay: number | null;
}

const msPerDay = 86_400_000;

/**
 * Derives the growth of a table.
 *
 * @param now The storage's clock. Epoch milliseconds.
 */
export function tableGrowth({ oldestAt, rows, ...size }: TableSize, now: number): TableGrowth {
  const days = oldestAt === null ? 0 : (now - oldestAt) / msPerDay;
  return {
    ...size,
    rows,
    oldestAt: oldestAt === null ? null : new Date(oldestAt),
    rowsPerDay: rows === null || days < 1 ? null : rows / days,
  };
}
