// Reads the growth of the history tables. SQLite runs in the process's own thread, so a table that
// is counted is read slice by slice, and other work runs in between.

import { auditGrowthOf } from "../../src/storage/audit_growth.ts";
import type { AuditGrowth, StatisticsOptions } from "../../src/storage/queries.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";
import type { Connection } from "./connection.ts";
import type { DatabaseAccess } from "./database.ts";
import { estimatedRows } from "./table_sizes.ts";

/** The number of rows of a slice, which takes about 2 ms. */
const sliceRows = 5_000;

const historyTables = [
  ["StatusAudit", "status_audit", "queued_task_id", "updated_at_utc"],
  ["RunsAudit", "runs_audit", "queued_task_id", "executed_at_utc"],
  ["TaskExecutionLog", "task_execution_log", "task_id", "logged_at_utc"],
] as const;

/** The number of oldest and of newest tasks whose first and last rows are read for an estimate. */
const sampledTasks = 128;

const growthQueries = historyTables.map(([table, name, task, column]) => {
  const tasksBy = (end: "min" | "max", comparison: "<" | ">") =>
    `SELECT * FROM (WITH RECURSIVE each(task) AS (SELECT ${end}(${task}) FROM ${name} UNION ALL ` +
    `SELECT (SELECT ${end}(${task}) FROM ${name} WHERE ${task} ${comparison} each.task) ` +
    `FROM each WHERE each.task IS NOT NULL LIMIT ${sampledTasks}) SELECT task FROM each)`;
  const instant = (order: "" | "DESC") =>
    `(SELECT ${column} FROM ${name} WHERE ${task} = sample.task ORDER BY sequence ${order} LIMIT 1)`;
  const after = `FROM ${name} WHERE (${task}, sequence) > (?1, ?2)`;
  const rest = `SELECT count(*) AS total, min(${column}) AS first, max(${column}) AS last ${after}`;
  return {
    table,
    name,
    sample: `SELECT min(${instant("")}) AS first, max(${instant("DESC")}) AS last ` +
      `FROM (${tasksBy("min", ">")} UNION ALL ${tasksBy("max", "<")}) AS sample`,
    sliceEnd: `SELECT ${task} AS task, sequence ${after} ` +
      `ORDER BY ${task}, sequence LIMIT 1 OFFSET ${sliceRows - 1}`,
    slice: `${rest} AND (${task}, sequence) <= (?3, ?4)`,
    rest,
  };
});

type GrowthQuery = (typeof growthQueries)[number];

/** The key of a row in a history table: its task and its sequence number. */
type Place = readonly [task: string, sequence: number];

interface Slice {
  readonly rows: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  /** The start of the next slice; null if this is the last one. */
  readonly end: Place | null;
}

/** Implements {@linkcode Storage.auditGrowth}. */
export async function auditGrowth(
  access: DatabaseAccess,
  { exact = false }: StatisticsOptions = {},
): Promise<AuditGrowth[]> {
  const growth: AuditGrowth[] = [];
  for (const query of growthQueries) {
    const estimated = exact ? null : await access.do((connection) => estimate(connection, query));
    growth.push(estimated ?? await count(access, query));
  }
  return growth;
}

/** Returns the growth without reading the table; null if it is small, or cannot be estimated. */
function estimate(connection: Connection, query: GrowthQuery): AuditGrowth | null {
  const rows = estimatedRows(connection, query.name);
  if (rows === null) return null;
  const { first, last } = connection.get(query.sample)!;
  return auditGrowthOf({
    table: query.table,
    rows,
    isEstimate: true,
    firstAt: first as number | null,
    lastAt: last as number | null,
  });
}

async function count(access: DatabaseAccess, query: GrowthQuery): Promise<AuditGrowth> {
  let rows = 0;
  let firstAt: number | null = null;
  let lastAt: number | null = null;
  let start: Place | null = ["", 0];
  while (start !== null) {
    const place: Place = start;
    const slice: Slice = await access.do((connection) => readSlice(connection, query, place));
    rows += slice.rows;
    if (slice.firstAt !== null) firstAt = Math.min(firstAt ?? Infinity, slice.firstAt);
    if (slice.lastAt !== null) lastAt = Math.max(lastAt ?? -Infinity, slice.lastAt);
    start = slice.end;
    if (start !== null) await new Promise<void>(nextMacrotask);
  }
  return auditGrowthOf({ table: query.table, rows, isEstimate: false, firstAt, lastAt });
}

function readSlice(connection: Connection, query: GrowthQuery, start: Place): Slice {
  const last = connection.get(query.sliceEnd, ...start);
  const end: Place | null = last === undefined
    ? null
    : [last.task as string, last.sequence as number];
  const row = end === null
    ? connection.get(query.rest, ...start)!
    : connection.get(query.slice, ...start, ...end)!;
  return {
    rows: row.total as number,
    firstAt: row.first as number | null,
    lastAt: row.last as number | null,
    end,
  };
}
