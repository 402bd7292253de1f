// Stores and reads the reports of workers. Each method calls one function of
// sql/postgres/functions/reports.sql.

import { failurePage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import {
  activityColumns,
  type ActivityPoint,
  type ActivityReport,
  type ActivityRequest,
  checkActivityRequest,
  type FailureGroup,
  type FailureSpan,
  type WorkReport,
} from "../../src/storage/work_reports.ts";
import type { Call } from "./database.ts";
import { toId } from "./rows.ts";

/** Implements {@linkcode Storage.reportWork}. */
export async function reportWork(call: Call, report: WorkReport): Promise<void> {
  const { source, version, activity, failures, retention } = report;
  const groups = failures.map(({ taskId, ...failure }) => ({
    ...failure,
    version,
    taskId: toId(taskId),
  }));
  await call("report_work", source, activity.map(toRow), groups, retention);
}

function toRow({ at, type, queue, figures }: ActivityReport): object {
  const columns = activityColumns.map((column, index) => [column, figures[index]]);
  return { at_ms: at, type, queue_name: queue, ...Object.fromEntries(columns) };
}

/** Implements {@linkcode Storage.activity}. */
export async function activity(call: Call, request: ActivityRequest): Promise<ActivityPoint[]> {
  checkActivityRequest(request);
  const { from, to, stepMs, by } = request;
  const [byType, byQueue] = [by.includes("type"), by.includes("queue")];
  return await call("read_activity", from, to, stepMs, byType, byQueue);
}

/** Implements {@linkcode Storage.failureGroups}. */
export async function failureGroups(
  call: Call,
  request?: PageRequest,
  span?: FailureSpan,
): Promise<Page<FailureGroup>> {
  const { limit, after, of, span: given } = failurePage(request, span);
  const range = [given?.from, given?.to, given?.stepMs];
  return of(await call("list_failure_groups", after?.lastAt, after?.id, limit + 1, ...range));
}
