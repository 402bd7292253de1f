// Fills the table of series of a store that an early version has filled. The migration that adds
// the table would read all tasks in its transaction, and block all writers meanwhile.

import { nextMacrotask } from "../../src/time/macrotask.ts";
import type { BusyWait } from "./busy_wait.ts";
import type { Connection } from "./connection.ts";
import { type SqlFileName, sqlFiles } from "./sql.generated.ts";

/** The file that adds the table. */
export const seriesFile: SqlFileName = "0011_task_series.sql";

/** The statement of the file that fills the table. */
const fill = /^INSERT OR IGNORE INTO task_series [^;]*;$/m;

/** The number of rows of a slice, which takes about 4 ms. */
const sliceRows = 5_000;

const bounds = "SELECT min(rowid) AS first, max(rowid) AS last FROM queued_tasks";
const selectSeries =
  "SELECT id FROM queued_tasks WHERE rowid >= ? AND rowid < ? AND recurring_task IS NOT NULL";
const addSeries = "INSERT OR IGNORE INTO task_series (task_id) VALUES (?)";

/**
 * Reports whether a schema of this version has tasks but neither the table nor an index by which
 * the migration finds series. Versions 3 to 10 have had an index.
 */
export function lacksSeriesIndex(version: number): boolean {
  return version === 1 || version === 2;
}

/**
 * Fills the table, which it creates first, so that from then on all processes write their new
 * series. If the process ends before, the next call begins again.
 */
export async function fillSeriesTable(connection: Connection, wait: BusyWait): Promise<void> {
  const script = sqlFiles[seriesFile];
  const creation = script.slice(0, script.search(fill));
  await wait.do(connection, () => connection.transaction(() => connection.exec(creation)));
  const { first, last } = await wait.do(connection, () => connection.get(bounds)!);
  for (let from = Number(first ?? 1); from <= Number(last ?? 0); from += sliceRows) {
    await wait.do(connection, () => addSlice(connection, from));
    await new Promise<void>(nextMacrotask);
  }
}

/** Returns the migration without the statement that fills the table. */
export function withoutFill(script: string): string {
  return script.replace(fill, "");
}

/** Takes the write lock only if the slice has series. */
function addSlice(connection: Connection, from: number): void {
  const rows = connection.all(selectSeries, from, from + sliceRows);
  if (rows.length === 0) return;
  connection.transaction(() => {
    for (const { id } of rows) connection.run(addSeries, id!);
  });
}
