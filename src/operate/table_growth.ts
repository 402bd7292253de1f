// The sizes of the tables of a store, and how fast they grow.

import type { TableName, TableSize } from "../storage/table_sizes.ts";

/** The size and growth of one table. */
export interface TableGrowth {
  /** The table's name. */
  readonly table: TableName;
  /** The number of rows; null if it cannot be determined without reading the table. */
  readonly rows: number | null;
  /** Whether the numbers are estimates, as for large tables. */
  readonly isEstimate: boolean;
  /** The bytes of the table and its indexes; null if the store does not report them. */
  readonly bytes: number | null;
  /**
   * The creation of the oldest task with rows in the table; null if the table is empty or its rows
   * do not belong to tasks.
   */
  readonly oldestAt: Date | null;
  /**
   * The average number of rows a day since `oldestAt`, without the rows that were deleted since
   * then; null if `oldestAt` is less than a day ago or null, or `rows` is null.
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
