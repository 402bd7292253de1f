// Reads the sizes of the tables. SQLite stores no row counts, and counting would read each table
// whole. Large tables are estimated from the average number of cells in a sample of their pages.

import { creationOf, type TableName, type TableSize } from "../../src/storage/table_sizes.ts";
import type { Connection } from "./connection.ts";
import type { SqliteRow } from "./sqlite_library.ts";

/**
 * Each table, and the column of task ids by which the table is ordered; null without such a column.
 */
const tables: readonly [table: TableName, name: string, task: string | null][] = [
  ["QueuedTasks", "queued_tasks", "id"],
  ["TaskTags", "task_tags", null],
  ["StatusAudit", "status_audit", "queued_task_id"],
  ["RunsAudit", "runs_audit", "queued_task_id"],
  ["TaskExecutionLog", "task_execution_log", "task_id"],
  ["OperatorActions", "operator_actions", null],
  ["Activity", "activity", null],
  ["FailureGroups", "failure_groups", null],
  ["FailureCounts", "failure_counts", null],
  ["RateLimits", "rate_limits", null],
  ["ReturnedRateSlots", "returned_rate_slots", null],
  ["Workers", "workers", null],
  ["PausedQueues", "paused_queues", null],
  ["EventWatchers", "event_watchers", null],
  ["RelayedEvents", "relayed_events", null],
];

/** The maximum number of pages of a tree to read. */
const sampledPages = 100;
/** The maximum number of rows to count if the pages cannot be read. */
const countedRows = 10_000;

const selectTrees = "SELECT name, type = 'table' AS is_table, " +
  "type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%' AS has_row_id " +
  "FROM sqlite_schema WHERE tbl_name = ? AND type IN ('table', 'index')";

/** The pages of a tree, depth first; see https://sqlite.org/dbstat.html. */
const selectPages = "SELECT path, pagetype, ncell, pgsize FROM dbstat WHERE name = ? LIMIT ?";

/** Implements {@linkcode Storage.tableSizes}. */
export function tableSizes(connection: Connection): TableSize[] {
  return tables.map(([table, name, task]) => {
    const oldest = task &&
      connection.get(`SELECT ${task} AS id FROM ${name} ORDER BY ${task} LIMIT 1`);
    const size = sizeOfTable(connection, name) ?? countOf(connection, name);
    return { table, ...size, oldestAt: creationOf(oldest ? oldest.id as string : null) };
  });
}

type Size = Pick<TableSize, "rows" | "bytes" | "isEstimate">;

/** Returns the size by the pages of the table and its indexes; null if SQLite lacks `dbstat`. */
function sizeOfTable(connection: Connection, name: string): Size | null {
  let [rows, bytes, isEstimate] = [0, 0, false];
  for (const tree of connection.all(selectTrees, name)) {
    const pages = pagesOf(connection, tree.name as string);
    if (pages === null) return null;
    const size = sizeOfTree(pages, tree.has_row_id === 1);
    if (tree.is_table === 1) rows = size.rows;
    bytes += size.bytes;
    isEstimate ||= size.isEstimate;
  }
  return { rows, bytes, isEstimate };
}

/**
 * Returns the estimated number of rows of a large table; null if the table is small, or SQLite lacks
 * `dbstat`.
 */
export function estimatedRows(connection: Connection, name: string): number | null {
  const tree = connection.all(selectTrees, name).find(({ is_table }) => is_table === 1)!;
  const pages = pagesOf(connection, name);
  if (pages === null) return null;
  const { rows, isEstimate } = sizeOfTree(pages, tree.has_row_id === 1);
  return isEstimate ? rows : null;
}

function pagesOf(connection: Connection, name: string): SqliteRow[] | null {
  try {
    return connection.all(selectPages, name, sampledPages);
  } catch {
    return null; // not every build of SQLite has dbstat
  }
}

/** The pages of one level of a tree. */
class Level {
  pages = 0;
  cells = 0;
}

/**
 * Returns the size of a tree from its first pages.
 *
 * @param hasRowId Whether only the leaves have rows. In other trees, each cell is a row.
 */
function sizeOfTree(pages: readonly SqliteRow[], hasRowId: boolean) {
  const levels: Level[] = [];
  let [overflow, leaves] = [0, 0];
  for (const { path, pagetype, ncell } of pages) {
    if (pagetype === "overflow") {
      overflow++;
      continue;
    }
    const depth = (path as string).split("/").length - 2;
    const level = levels[depth] ??= new Level();
    level.pages++;
    level.cells += ncell as number;
    if (pagetype === "leaf") leaves++;
  }
  const isEstimate = pages.length === sampledPages;
  const pageSize = Number(pages[0]?.pgsize ?? 0);
  let [inLevel, all, rows] = [1, 0, 0];
  for (const [depth, level] of levels.entries()) {
    const pagesOfLevel = isEstimate ? inLevel : level.pages;
    const cells = pagesOfLevel * level.cells / level.pages;
    all += pagesOfLevel;
    if (!hasRowId || depth === levels.length - 1) rows += cells;
    inLevel = pagesOfLevel + cells;
    if (depth === levels.length - 1) all += pagesOfLevel * overflow / Math.max(1, leaves);
  }
  return { rows: Math.round(rows), bytes: Math.round(all) * pageSize, isEstimate };
}

function countOf(connection: Connection, name: string): Size {
  const select = `SELECT count(*) AS total FROM (SELECT 1 FROM ${name} LIMIT ?)`;
  const total = connection.get(select, countedRows + 1)!.total as number;
  return { rows: total > countedRows ? null : total, bytes: null, isEstimate: false };
}
