// Retention in the memory store.

import type { PurgeOptions, PurgeResult, RetentionPolicy } from "../../src/storage/retention.ts";
import type { MemoryState } from "./state.ts";
import type { TaskRow } from "./rows.ts";

const msPerDay = 86_400_000;

/** The instants before which rows are deleted; -Infinity keeps all rows. */
interface Limits {
  readonly status: number;
  readonly runs: number;
  readonly statusErrors: number;
  readonly runsErrors: number;
  readonly logs: number;
  readonly maxLogs: number;
  readonly tasks: number;
}

/** Implements {@linkcode Storage.purge}. */
export function purge(
  state: MemoryState,
  policy: RetentionPolicy,
  { budget, dryRun = false }: PurgeOptions,
  now: number,
): PurgeResult {
  const limits = limitsOf(policy, now);
  if (!dryRun) forgetActions(state, policy.operatorActionDays, now);
  const counts = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0 };
  let left = dryRun ? Infinity : budget;
  let done = true;

  /** Removes expired rows within the budget, and returns the others. */
  const sweep = <T>(
    rows: T[] | null,
    kind: keyof typeof counts,
    mayGo: (row: T, index: number) => boolean,
  ): T[] | null => {
    const staying = rows?.filter((row, index) => {
      if (!mayGo(row, index)) return true;
      if (left <= 0) {
        done = false;
        return true;
      }
      left--;
      counts[kind]++;
      return false;
    });
    return staying?.length ? staying : null;
  };

  for (const row of state.list()) {
    const statusAudit = sweep(
      row.statusAudit,
      "statusAudit",
      (item) => item.updatedAt < (item.exception === null ? limits.status : limits.statusErrors),
    );
    const runsAudit = sweep(
      row.runsAudit,
      "runsAudit",
      (item) => item.executedAt < (item.exception === null ? limits.runs : limits.runsErrors),
    );
    const excess = (row.logs?.length ?? 0) - limits.maxLogs;
    const logs = sweep(
      row.logs,
      "executionLog",
      (item, index) => index < excess || item.loggedAt < limits.logs,
    );
    const isBare = statusAudit === null && runsAudit === null && logs === null;
    const goes = isBare && mayGo(row, limits.tasks) && sweep([row], "tasks", () => true) === null;
    if (dryRun) continue;
    row.statusAudit = statusAudit;
    row.runsAudit = runsAudit;
    row.logs = logs;
    if (goes) state.delete(row);
  }
  return { ...counts, done, busy: false };
}

function limitsOf(policy: RetentionPolicy, now: number): Limits {
  const before = (days: number | null | undefined) =>
    days! > 0 ? now - days! * msPerDay : -Infinity;
  const { statusAuditDays, runsAuditDays, errorAuditDays, maxExecutionLogsPerTask } = policy;
  const hasErrorDays = errorAuditDays! > 0;
  return {
    status: before(statusAuditDays),
    runs: before(runsAuditDays),
    statusErrors: before(hasErrorDays ? errorAuditDays : statusAuditDays),
    runsErrors: before(hasErrorDays ? errorAuditDays : runsAuditDays),
    logs: before(policy.executionLogDays),
    maxLogs: maxExecutionLogsPerTask! > 0 ? maxExecutionLogsPerTask! : Infinity,
    tasks: policy.deleteCompletedTasksAfterRetention ? before(statusAuditDays) : -Infinity,
  };
}

function mayGo(row: TaskRow, before: number): boolean {
  if (row.series !== null || !row.ended) return false;
  if (row.status !== "Completed" && row.status !== "Cancelled") return false;
  return (row.lastExecutionAt ?? row.createdAt) < before;
}

/** Deletes old operator actions, which are stored in ascending order of time. */
function forgetActions({ actions }: MemoryState, days: number | null | undefined, now: number) {
  if (!(days! > 0)) return;
  const oldest = actions.findIndex(({ doneAt }) => doneAt >= now - days! * msPerDay);
  actions.splice(0, oldest === -1 ? actions.length : oldest);
}
