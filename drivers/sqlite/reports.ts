// Stores and reads the reports of workers: activity by minute, and groups of failures.

import { failurePage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import {
  activityColumns,
  type ActivityPoint,
  type ActivityRequest,
  checkActivityRequest,
  type FailureCount,
  type FailureGroup,
  type FailureSpan,
  groupsOf,
  type ReportRetention,
  type WorkReport,
} from "../../src/storage/work_reports.ts";
import type { Connection } from "./connection.ts";
import { text, userText } from "./rows.ts";
import type { SqliteRow } from "./sqlite_library.ts";

const hourMs = 3_600_000;
const figures = activityColumns.join(", ");
const keys = "at_utc, type, queue_name, source";
const isMaximum = (column: string) => column.endsWith("_max");

const insertActivity = `INSERT INTO activity (${keys}, ${figures}) ` +
  `VALUES (?, ?, ?, ?, ${activityColumns.map(() => "?").join(", ")}) ` +
  `ON CONFLICT DO UPDATE SET ` +
  activityColumns.map((column) => `${column} = excluded.${column}`).join(", ");

const insertFailure = "INSERT INTO failure_groups " +
  "(id, type, summary, failures, first_utc, last_utc, first_version, last_version, task_id, " +
  "exception) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET " +
  "summary = excluded.summary, failures = failures + excluded.failures, " +
  "first_utc = min(first_utc, excluded.first_utc), last_utc = max(last_utc, excluded.last_utc), " +
  "first_version = iif(excluded.first_utc < first_utc, excluded.first_version, first_version), " +
  "last_version = iif(excluded.last_utc < last_utc, last_version, excluded.last_version), " +
  "task_id = excluded.task_id, exception = excluded.exception";

const insertCount = "INSERT INTO failure_counts (group_id, hour_utc, failures) VALUES (?, ?, ?) " +
  "ON CONFLICT DO UPDATE SET failures = failures + excluded.failures";

/** Stores a report; see `Storage.reportWork`. */
export function reportWork(connection: Connection, report: WorkReport): void {
  const { source, activity, retention } = report;
  connection.transaction((now) => {
    for (const { at, type, queue, figures } of activity) {
      connection.run(insertActivity, at, type, queue, source, ...figures);
    }
    for (const group of groupsOf(report)) addFailureGroup(connection, group);
    if (retention !== null) tidy(connection, retention, now);
  });
}

/** Adds failures to a group, which is created if it does not exist. */
export function addFailureGroup(connection: Connection, group: FailureGroup): void {
  const { id, type, summary, count, firstAt, lastAt, firstVersion, lastVersion } = group;
  const { taskId, exception, counts } = group;
  connection.run(
    insertFailure,
    ...[id, type, summary, count, firstAt, lastAt, firstVersion, lastVersion, taskId, exception],
  );
  for (const { startAt, count } of counts) connection.run(insertCount, id, startAt, count);
}

const sums = activityColumns
  .map((column) => `${isMaximum(column) ? "max" : "sum"}(${column})`)
  .join(", ");

/** Sums up minutes to hours, and adds them to the stored figures of the same hours. */
const makeHours = `INSERT INTO activity (${keys}, ${figures}) ` +
  `SELECT at_utc / ${hourMs} * ${hourMs} AS hour, type, queue_name, '', ${sums} FROM activity ` +
  "WHERE at_utc < ? AND source <> '' GROUP BY hour, type, queue_name " +
  "ON CONFLICT DO UPDATE SET " +
  activityColumns.map((column) =>
    isMaximum(column)
      ? `${column} = max(${column}, excluded.${column})`
      : `${column} = ${column} + excluded.${column}`
  ).join(", ");

function tidy(connection: Connection, retention: ReportRetention, now: number): void {
  const before = now - retention.minutesMs;
  connection.run(makeHours, before);
  connection.run("DELETE FROM activity WHERE at_utc < ? AND source <> ''", before);
  connection.run("DELETE FROM activity WHERE at_utc < ?", now - retention.hoursMs);
  connection.run("DELETE FROM failure_groups WHERE last_utc < ?", now - retention.failuresMs);
  // No hour of a group begins after its last failure, so these are all counts of deleted groups, too.
  connection.run("DELETE FROM failure_counts WHERE hour_utc < ?", now - retention.failuresMs);
}

/** Sums up the activity of a span; see `Storage.activity`. */
export function activity(connection: Connection, request: ActivityRequest): ActivityPoint[] {
  checkActivityRequest(request);
  const { from, to, stepMs, by } = request;
  const type = by.includes("type") ? "type" : "NULL";
  const queue = by.includes("queue") ? "queue_name" : "NULL";
  const rows = connection.all(
    `SELECT at_utc / CAST(?1 AS INTEGER) * CAST(?1 AS INTEGER) AS at, ${
      userText(type, "of_type")
    }, ${
      userText(queue, "of_queue")
    }, json_array(${sums}) AS figures FROM activity WHERE at_utc >= ?2 AND at_utc < ?3 ` +
      `GROUP BY at, ${type}, ${queue} ORDER BY at, ${type}, ${queue}`,
    stepMs,
    Math.ceil(from),
    Math.ceil(to),
  );
  return rows.map((row) => ({
    at: row.at as number,
    type: row.of_type === null ? null : text(row.of_type),
    queue: row.of_queue === null ? null : text(row.of_queue),
    figures: JSON.parse(row.figures as string) as number[],
  }));
}

const groupColumns = `id, ${userText("type")}, ${userText("summary")}, failures, first_utc, ` +
  `last_utc, ${userText("first_version")}, ${userText("last_version")}, task_id, ` +
  userText("exception");

/** Returns the groups of failures; see `Storage.failureGroups`. */
export function failureGroups(
  connection: Connection,
  request?: PageRequest,
  span?: FailureSpan,
): Page<FailureGroup> {
  const page = failurePage(request, span);
  const where = page.after === null ? "" : "WHERE (last_utc, id) < (?, ?)";
  const rows = connection.all(
    `SELECT ${groupColumns} FROM failure_groups ${where} ORDER BY last_utc DESC, id DESC LIMIT ?`,
    ...page.after === null ? [] : [page.after.lastAt, page.after.id],
    page.limit + 1,
  );
  return page.of(withCounts(connection, rows, page.span));
}

/** Returns all groups of failures, by id, with their counts of all hours. */
export function allFailureGroups(connection: Connection): FailureGroup[] {
  const rows = connection.all(`SELECT ${groupColumns} FROM failure_groups ORDER BY id`);
  return withCounts(connection, rows, { from: 0, to: Number.MAX_SAFE_INTEGER, stepMs: hourMs });
}

const selectCounts = "SELECT group_id, " +
  "hour_utc / CAST(?1 AS INTEGER) * CAST(?1 AS INTEGER) AS start_utc, sum(failures) AS failures " +
  "FROM failure_counts WHERE group_id IN (SELECT value FROM json_each(?2)) " +
  "AND hour_utc >= ?3 AND hour_utc < ?4 GROUP BY group_id, start_utc ORDER BY group_id, start_utc";

function withCounts(
  connection: Connection,
  groups: readonly SqliteRow[],
  span: FailureSpan | null,
): FailureGroup[] {
  const ids = JSON.stringify(groups.map(({ id }) => id));
  const counts = span === null
    ? []
    : connection.all(selectCounts, span.stepMs, ids, span.from, span.to);
  const countsOf = Map.groupBy(counts, (row) => row.group_id);
  return groups.map((row) => toGroup(row, (countsOf.get(row.id) ?? []).map(toCount)));
}

function toCount(row: SqliteRow): FailureCount {
  return { startAt: row.start_utc as number, count: row.failures as number };
}

function toGroup(row: SqliteRow, counts: readonly FailureCount[]): FailureGroup {
  return {
    id: row.id as string,
    type: text(row.type),
    summary: text(row.summary),
    count: row.failures as number,
    firstAt: row.first_utc as number,
    lastAt: row.last_utc as number,
    firstVersion: row.first_version === null ? null : text(row.first_version),
    lastVersion: row.last_version === null ? null : text(row.last_version),
    taskId: row.task_id as string,
    exception: text(row.exception),
    counts,
  };
}
