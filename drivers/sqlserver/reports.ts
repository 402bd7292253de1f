// Stores and reads the reports of workers: activity by minute, and groups of failures.

import { failurePage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import {
  activityColumns,
  type ActivityPoint,
  type ActivityReport,
  type ActivityRequest,
  checkActivityRequest,
  type FailureCount,
  type FailureGroup,
  type FailureSpan,
  groupsOf,
  type WorkReport,
} from "../../src/storage/work_reports.ts";
import type { SqlServerDatabase } from "./database.ts";
import { bigInt, int, name, type Rows, rowsOf } from "./mssql.ts";
import type { Row } from "./recordsets.ts";
import * as rows from "./rows.ts";
import { figureColumn } from "./sql_types.ts";
import { activityList, failureList } from "./table_types.ts";
import { fromStored, fromStoredName, nameLengths, toStored, toStoredName } from "./text.ts";

/** Implements {@linkcode Storage.reportWork}. */
export async function reportWork(database: SqlServerDatabase, report: WorkReport): Promise<void> {
  const { source, version, activity, retention } = report;
  await database.call("usp_ReportWork", {
    Source: name(source, nameLengths.source),
    Activity: activityRows(activity),
    Failures: failureRows(groupsOf(report)),
    Version: name(storedVersion(version), nameLengths.applicationVersion),
    MinutesMs: bigInt(retention?.minutesMs ?? null),
    HoursMs: bigInt(retention?.hoursMs ?? null),
    FailuresMs: bigInt(retention?.failuresMs ?? null),
  });
}

function activityRows(activity: readonly ActivityReport[]): Rows {
  const list = activity.map(({ at, type, queue, figures }, Ordinal) => ({
    Ordinal,
    AtMs: at,
    Type: storedType(type),
    QueueName: toStoredName(queue, "queue", nameLengths.queue),
    ...Object.fromEntries(
      activityColumns.map((column, index) => [figureColumn(column), figures[index]]),
    ),
  }));
  return rowsOf(activityList, list);
}

/** Makes rows in the order of the ids, in which the procedure locks the groups. */
function failureRows(groups: readonly FailureGroup[]): Rows {
  const list = groups.map((group, Ordinal) => ({ Ordinal, ...toGroupRow(group) }));
  return rowsOf(failureList, list);
}

/** Converts a group of failures to a row, without its versions and its counts. */
export function toGroupRow(group: FailureGroup) {
  return {
    Id: group.id,
    Type: storedType(group.type),
    Summary: toStored(group.summary),
    Failures: group.count,
    FirstMs: group.firstAt,
    LastMs: group.lastAt,
    TaskId: group.taskId,
    Exception: toStored(group.exception),
  };
}

function storedType(type: string): string {
  return toStoredName(type, "type", nameLengths.type);
}

/** Returns a version of the application in its stored form. */
export function storedVersion(version: string | null): string | null {
  return version && toStoredName(version, "version", nameLengths.applicationVersion);
}

const sums = activityColumns.map((column) =>
  `${column.endsWith("_max") ? "MAX" : "SUM"}(a.[${figureColumn(column)}]) AS [${
    figureColumn(column)
  }]`
).join(", ");

/** Implements {@linkcode Storage.activity}. */
export async function activity(
  database: SqlServerDatabase,
  request: ActivityRequest,
): Promise<ActivityPoint[]> {
  checkActivityRequest(request);
  const { from, to, stepMs, by } = request;
  const divisions = [
    ...by.includes("type") ? ["a.[Type]"] : [],
    ...by.includes("queue") ? ["a.[QueueName]"] : [],
  ];
  const at = "a.[AtMs] - a.[AtMs] % @StepMs";
  const groups = [at, ...divisions].join(", ");
  const query = `SELECT ${at} AS [At], ${divisions.map((column) => `${column}, `).join("")}${sums}
    FROM [EverTask].[Activity] AS a WHERE a.[AtMs] >= @From AND a.[AtMs] < @To
    GROUP BY ${groups} ORDER BY ${groups};`;
  const parameters = {
    StepMs: bigInt(stepMs),
    From: bigInt(Math.ceil(from)),
    To: bigInt(Math.ceil(to)),
  };
  const [found] = await database.query(query, parameters);
  return found!.map((row) => ({
    at: Number(row.At),
    type: fromStoredName(rows.textOrNull(row.Type)),
    queue: fromStoredName(rows.textOrNull(row.QueueName)),
    figures: activityColumns.map((column) => Number(row[figureColumn(column)])),
  }));
}

/** Implements {@linkcode Storage.failureGroups}. */
export async function failureGroups(
  database: SqlServerDatabase,
  request?: PageRequest,
  span?: FailureSpan,
): Promise<Page<FailureGroup>> {
  const page = failurePage(request, span);
  const { after } = page;
  const where = after === null
    ? ""
    : "WHERE g.[LastMs] < @LastMs OR (g.[LastMs] = @LastMs AND g.[Id] < @Id)";
  const groups = `FROM [EverTask].[FailureGroups] AS g ${where}
    ORDER BY g.[LastMs] DESC, g.[Id] DESC`;
  const query = `SELECT TOP (@Rows) g.[Id], g.[Type], g.[Summary], g.[Failures], g.[FirstMs],
    g.[LastMs], g.[FirstVersion], g.[LastVersion], g.[TaskId], g.[Exception] ${groups};`;
  const start = "c.[HourMs] - c.[HourMs] % @StepMs";
  const countQuery = `SELECT c.[GroupId], ${start} AS [StartMs], SUM(c.[Failures]) AS [Failures]
    FROM [EverTask].[FailureCounts] AS c
    WHERE c.[GroupId] IN (SELECT TOP (@Rows) g.[Id] ${groups})
      AND c.[HourMs] >= @From AND c.[HourMs] < @To
    GROUP BY c.[GroupId], ${start} ORDER BY c.[GroupId], ${start};`;
  const parameters = {
    Rows: int(page.limit + 1),
    ...after !== null && { LastMs: bigInt(after.lastAt), Id: name(after.id, 16) },
    ...page.span !== null && {
      StepMs: bigInt(page.span.stepMs),
      From: bigInt(page.span.from),
      To: bigInt(page.span.to),
    },
  };
  const [found, counts = []] = page.span === null
    ? await database.query(query, parameters)
    : await database.query(`${query}\n${countQuery}`, parameters);
  return page.of(toGroups(found!, counts));
}

/**
 * Converts rows of the groups of failures.
 *
 * @param counts The counts of the groups, each with the beginning of its step, in ascending order.
 */
export function toGroups(groups: readonly Row[], counts: readonly Row[]): FailureGroup[] {
  const countsOf = Map.groupBy(counts, ({ GroupId }) => rows.text(GroupId));
  return groups.map((row) => toGroup(row, (countsOf.get(rows.text(row.Id)) ?? []).map(toCount)));
}

function toCount({ StartMs, Failures }: Row): FailureCount {
  return { startAt: Number(StartMs), count: Number(Failures) };
}

function toGroup(row: Row, counts: readonly FailureCount[]): FailureGroup {
  return {
    id: rows.text(row.Id),
    type: fromStoredName(rows.text(row.Type)),
    summary: fromStored(rows.text(row.Summary)),
    count: Number(row.Failures),
    firstAt: Number(row.FirstMs),
    lastAt: Number(row.LastMs),
    firstVersion: fromStoredName(rows.textOrNull(row.FirstVersion)),
    lastVersion: fromStoredName(rows.textOrNull(row.LastVersion)),
    taskId: rows.id(row.TaskId),
    exception: fromStored(rows.text(row.Exception)),
    counts,
  };
}
