// Retention in the memory store.

import { nothingPurged, purgeProgress } from "../../src/storage/kit/purge_in_batches.ts";
import {
  type PurgeOptions,
  type PurgeResult,
  type RetentionPolicy,
  unfinishedPurge,
} from "../../src/storage/retention.ts";
import { isInTurn, noteProgress } from "./actions.ts";
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
  { budget, dryRun = false, by }: PurgeOptions,
  now: number,
): PurgeResult {
  const counts = { ...nothingPurged };
  const continues = by?.continues ?? null;
  if (continues !== null && !isInTurn(state, continues, unfinishedPurge)) {
    return { ...counts, done: false, busy: false };
  }
  const limits = limitsOf(policy, now);
  counts.operatorActions = forgetActions(state, policy.operatorActionDays, now, dryRun);
  let left = dryRun ? Infinity : budget;
  let done = true;

  /** Removes expired rows within the budget, and returns the remaining rows. */
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
  const result = { ...counts, done, busy: false };
  if (by === undefined) return result;
  const actionId = noteProgress(state, by.action, continues, purgeProgress(result), now);
  return { ...result, actionId };
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

/**
 * Deletes or counts old operator actions, which are stored in ascending order of time. Returns the
 * number of these actions.
 */
function forgetActions(
  { actions }: MemoryState,
  days: number | null | undefined,
  now: number,
  dryRun: boolean,
): number {
  if (!(days! > 0)) return 0;
  const oldest = actions.findIndex(({ doneAt }) => doneAt >= now - days! * msPerDay);
  const count = oldest === -1 ? actions.length : oldest;
  if (!dryRun) actions.splice(0, count);
  return count;
}
