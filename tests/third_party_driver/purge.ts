// Retention.

import type { PurgeResult, RetentionPolicy } from "@evertask/evertask";
import type { PurgeOptions } from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";

const dayMs = 86_400_000;

/** Deletes what the policy lets go, within the budget; a dry run counts all of it. */
export function purge(
  database: MapDatabase,
  policy: RetentionPolicy,
  { budget, dryRun = false }: PurgeOptions,
  now: number,
): PurgeResult {
  const counts = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0 };
  let left = dryRun ? Infinity : budget;
  let done = true;
  const before = (days: number | null | undefined) => days! > 0 ? now - days! * dayMs : -Infinity;
  const error = policy.errorAuditDays! > 0 ? policy.errorAuditDays : undefined;
  const isOld = (days: number | null | undefined, at: number, exception: string | null) =>
    at < before(exception === null ? days : error ?? days);
  const sweep = <T>(
    items: T[],
    kind: keyof typeof counts,
    mayGo: (it: T, i: number) => boolean,
  ) =>
    items.filter((item, index) => {
      if (!mayGo(item, index)) return true;
      if (left <= 0) done = false;
      if (left <= 0) return true;
      left--;
      counts[kind]++;
      return false;
    });
  for (const row of database.rows.values()) {
    const { statusAuditDays, runsAuditDays, executionLogDays } = policy;
    const most = policy.maxExecutionLogsPerTask! > 0 ? policy.maxExecutionLogsPerTask! : Infinity;
    const statusAudit = sweep(
      row.statusAudit,
      "statusAudit",
      (it) => isOld(statusAuditDays, it.updatedAt, it.exception),
    );
    const runsAudit = sweep(
      row.runsAudit,
      "runsAudit",
      (it) => isOld(runsAuditDays, it.executedAt, it.exception),
    );
    const logs = sweep(
      row.logs,
      "executionLog",
      (it, index) => index < row.logs.length - most || it.loggedAt < before(executionLogDays),
    );
    const isBare = statusAudit.length + runsAudit.length + logs.length === 0;
    const endedAt = row.lastExecutionAt ?? row.createdAt;
    const mayGo = isBare && policy.deleteCompletedTasksAfterRetention === true &&
      row.series === null && row.workerId === null && row.dueAt === null &&
      (row.status === "Completed" || row.status === "Cancelled") &&
      endedAt < before(statusAuditDays);
    const goes = mayGo && sweep([row], "tasks", () => true).length === 0;
    if (dryRun) continue;
    Object.assign(row, { statusAudit, runsAudit, logs });
    if (goes) database.rows.delete(row.id);
  }
  return { ...counts, done, busy: false };
}
