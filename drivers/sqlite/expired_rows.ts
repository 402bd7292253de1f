// Finds the expired rows of one table along its primary key, and deletes or counts them.

import type { RetentionPolicy } from "../../src/storage/retention.ts";
import type { Connection } from "./connection.ts";
import type { SqliteRow, SqliteValue } from "./sqlite_library.ts";
import { removeTags } from "./tags.ts";

/** The number of milliseconds in a day. */
export const dayMs = 86_400_000;

/** The index of the number of log lines among the cutoffs. The others are instants. */
export const mostLines = 5;
/** The index of the instant before which tasks are deleted. */
export const taskAge = 6;

type Counted = "statusAudit" | "runsAudit" | "executionLog" | "tasks";

/** The scan of one table. */
export interface Walk {
  readonly counts: Counted;
  readonly table: string;
  /** The primary key, of which the first column is the task's id. */
  readonly key: readonly [string, ...string[]];
  /** The condition of rows to delete. */
  readonly mayGo: string;
  /**
   * The same condition for a dry run, in which the rows of the previous tables have not been
   * deleted.
   */
  readonly wouldGo: string;
}

// The cutoffs are the first seven parameters of statements with these conditions; see `cutoffs`.
// The eighth is the id at which the scan ends.
const statusMayGo = "updated_at_utc < iif(exception IS NULL, ?1, ?2)";
const runMayGo = "executed_at_utc < iif(exception IS NULL, ?3, ?4)";
const lineMayGo = "(logged_at_utc < ?5 OR sequence <= (SELECT max(newest.sequence) " +
  "FROM task_execution_log AS newest WHERE newest.task_id = task_execution_log.task_id) - ?6)";

const taskIsOld = "recurring_task IS NULL AND status IN ('Completed', 'Cancelled') AND " +
  "worker_id IS NULL AND due_at_utc IS NULL AND " +
  "coalesce(last_execution_utc, created_at_utc) < ?7";

function taskMayGo(stays: (mayGo: string) => string): string {
  const noneIn = (table: string, column: string, mayGo: string) =>
    `NOT EXISTS (SELECT 1 FROM ${table} WHERE ${column} = queued_tasks.id${stays(mayGo)})`;
  return [
    taskIsOld,
    noneIn("status_audit", "queued_task_id", statusMayGo),
    noneIn("runs_audit", "queued_task_id", runMayGo),
    noneIn("task_execution_log", "task_id", lineMayGo),
  ].join(" AND ");
}

const histories: readonly Walk[] = [
  history("statusAudit", "status_audit", "queued_task_id", statusMayGo),
  history("runsAudit", "runs_audit", "queued_task_id", runMayGo),
  history("executionLog", "task_execution_log", "task_id", lineMayGo),
];

/** The scans of a purge, in their order: a task's row is deleted after its history. */
export const walks: readonly Walk[] = [
  ...histories,
  {
    counts: "tasks",
    table: "queued_tasks",
    key: ["id"],
    mayGo: taskMayGo(() => ""),
    wouldGo: taskMayGo((mayGo) => ` AND (${mayGo}) IS NOT TRUE`),
  },
];

function history(counts: Counted, table: string, task: string, mayGo: string): Walk {
  return { counts, table, key: [task, "sequence"], mayGo, wouldGo: mayGo };
}

/** Returns a key that is below the keys of all rows whose tasks' ids are greater than a text. */
export function keyAfterId({ key }: Walk, id: string): readonly SqliteValue[] {
  return key.map((_, column) => column === 0 ? id : 0);
}

/**
 * Returns the instants before which rows are deleted, and the number of log lines per task to keep;
 * null for no limit.
 */
export function cutoffs(policy: RetentionPolicy, now: number): readonly (number | null)[] {
  const positive = (value: number | null | undefined) => (value ?? 0) > 0 ? value! : null;
  const before = (days: number | null) => days === null ? null : Math.round(now - days * dayMs);
  const status = positive(policy.statusAuditDays);
  const runs = positive(policy.runsAuditDays);
  const error = positive(policy.errorAuditDays);
  return [
    before(status),
    before(error ?? status),
    before(runs),
    before(error ?? runs),
    before(positive(policy.executionLogDays)),
    positive(policy.maxExecutionLogsPerTask),
    policy.deleteCompletedTasksAfterRetention ? before(status) : null,
  ];
}

/**
 * The number of rows that were or would be deleted, and the key at which the next step begins;
 * undefined at the end of the table.
 */
export interface Step {
  readonly rows: number;
  readonly next: readonly SqliteValue[] | undefined;
}

/**
 * Deletes the expired rows among the next rows of a table. Must be called in a transaction. If none
 * of the next tasks has history left, as usual, does not search it for each task.
 *
 * @param limits The cutoffs, and the id at which the scan ends.
 * @param start The key after which the rows begin.
 * @param rows The number of rows to read.
 */
export function deleteSome(
  connection: Connection,
  walk: Walk,
  limits: readonly SqliteValue[],
  start: readonly SqliteValue[],
  rows: number,
): Step {
  const next = keyAfter(connection, walk, limits[7]!, start, rows);
  const parameters = [...limits, ...start, ...next ?? []];
  const deleteWhere = (condition: string) =>
    connection.run(`DELETE FROM ${walk.table} WHERE ${condition}`, ...parameters);
  if (walk.counts !== "tasks") {
    return { rows: deleteWhere(`${range(walk, next)} AND ${walk.mayGo}`), next };
  }
  const hasHistory = next === undefined ||
    histories.some(({ table, key: [task] }) =>
      connection.get(
        `SELECT 1 FROM ${table} WHERE ${task} > ? AND ${task} <= ? LIMIT 1`,
        ...start,
        ...next,
      ) !== undefined
    );
  const condition = `${range(walk, next)} AND ${hasHistory ? walk.mayGo : taskIsOld}`;
  // RETURNING would store all rows of a batch, of which few have tags, and double the time.
  const tagged = connection.get(anyTag) === undefined ? [] : connection.all(
    `SELECT id, tags FROM queued_tasks WHERE tags IS NOT NULL AND ${condition}`,
    ...parameters,
  );
  for (const { id, tags } of tagged) removeTags(connection, id as string, tags);
  return { rows: deleteWhere(condition), next };
}

const anyTag = "SELECT 1 FROM task_tags LIMIT 1";

/** Counts the rows that {@linkcode deleteSome} would delete, with the same parameters. */
export function countSome(
  connection: Connection,
  walk: Walk,
  limits: readonly SqliteValue[],
  start: readonly SqliteValue[],
  rows: number,
): Step {
  const next = keyAfter(connection, walk, limits[7]!, start, rows);
  const sql = `SELECT count(*) AS total FROM ${walk.table} ` +
    `WHERE ${range(walk, next)} AND ${walk.wouldGo}`;
  const row = connection.get(sql, ...limits, ...start, ...next ?? []) as SqliteRow;
  return { rows: row.total as number, next };
}

/** Returns the last key of the next batch; undefined if fewer rows are left. */
function keyAfter(
  connection: Connection,
  { table, key }: Walk,
  end: SqliteValue,
  start: readonly SqliteValue[],
  rows: number,
): readonly SqliteValue[] | undefined {
  const columns = key.join(", ");
  const marks = key.map(() => "?").join(", ");
  const row = connection.get(
    `SELECT ${columns} FROM ${table} WHERE (${columns}) > (${marks}) AND ${key[0]} < ? ` +
      `ORDER BY ${columns} LIMIT 1 OFFSET ?`,
    ...start,
    end,
    rows - 1,
  );
  return row && key.map((column) => row[column]!);
}

/**
 * Returns the condition of the rows after a key, up to another key or to the end. Its parameters
 * follow the cutoffs and the last id. There is only one upper bound, because SQLite seeks by one
 * and reads all rows below it.
 */
function range({ key }: Walk, next: readonly SqliteValue[] | undefined): string {
  const columns = key.join(", ");
  const marks = (first: number) => key.map((_, index) => `?${first + index}`).join(", ");
  const to = next === undefined ? `${key[0]} < ?8` : `(${columns}) <= (${marks(9 + key.length)})`;
  return `(${columns}) > (${marks(9)}) AND ${to}`;
}
