// Stores and reads the reports of workers: activity by minute, and groups of failures.

import { failurePage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import {
  activityColumns,
  type ActivityPoint,
  type ActivityReport,
  type ActivityRequest,
  checkActivityRequest,
  type FailureGroup,
  type FailureReport,
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
  const { source, activity, failures, retention } = report;
  await database.call("usp_ReportWork", {
    Source: name(source, nameLengths.source),
    Activity: activityRows(activity),
    Failures: failureRows(failures),
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

function failureRows(failures: readonly FailureReport[]): Rows {
  const list = failures.map(({ group: id, ...failure }, Ordinal) => ({
    Ordinal,
    ...toGroupRow({ id, ...failure }),
  }));
  return rowsOf(failureList, list);
}

/** Converts a group of failures to a row. */
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
): Promise<Page<FailureGroup>> {
  const page = failurePage(request);
  const { after } = page;
  const where = after === null
    ? ""
    : "WHERE g.[LastMs] < @LastMs OR (g.[LastMs] = @LastMs AND g.[Id] < @Id)";
  const query = `SELECT TOP (@Rows) g.[Id], g.[Type], g.[Summary], g.[Failures], g.[FirstMs],
    g.[LastMs], g.[TaskId], g.[Exception] FROM [EverTask].[FailureGroups] AS g ${where}
    ORDER BY g.[LastMs] DESC, g.[Id] DESC;`;
  const cursor = after === null ? {} : { LastMs: bigInt(after.lastAt), Id: name(after.id, 16) };
  const [found] = await database.query(query, { Rows: int(page.limit + 1), ...cursor });
  return page.of(found!.map(toGroup));
}

/** Converts a row of the groups of failures. */
export function toGroup(row: Row): FailureGroup {
  return {
    id: rows.text(row.Id),
    type: fromStoredName(rows.text(row.Type)),
    summary: fromStored(rows.text(row.Summary)),
    count: Number(row.Failures),
    firstAt: Number(row.FirstMs),
    lastAt: Number(row.LastMs),
    taskId: rows.id(row.TaskId),
    exception: fromStored(rows.text(row.Exception)),
  };
}
