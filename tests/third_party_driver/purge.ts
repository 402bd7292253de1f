// Deletes old rows by a retention policy.

import type { PurgeResult, RetentionPolicy } from "@evertask/evertask";
import {
  nothingPurged,
  type PurgeOptions,
  purgeProgress,
  unfinishedPurge,
} from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { noteAction } from "./operations.ts";
import type { Row } from "./rows.ts";

const dayMs = 86_400_000;

/** A row that the policy allows to be deleted. */
interface Removal {
  readonly kind: "statusAudit" | "runsAudit" | "executionLog" | "tasks";
  remove(): void;
}

/**
 * Deletes up to `budget` of the rows that the policy allows to be deleted, and all operator actions
 * that are too old. A dry run only counts them, without a limit.
 */
export function purge(
  database: MapDatabase,
  policy: RetentionPolicy,
  { budget, dryRun = false, by }: PurgeOptions,
  now: number,
): PurgeResult {
  const begun = database.actions.find(({ id }) => id === by?.continues);
  if (by !== undefined && by.continues !== null && begun?.next !== unfinishedPurge) {
    return { ...nothingPurged, done: false, busy: false };
  }
  const counts = { ...nothingPurged };
  const actionDays = policy.operatorActionDays ?? 0;
  const staying = database.actions.filter(({ doneAt }) => doneAt >= now - actionDays * dayMs);
  if (actionDays > 0) {
    counts.operatorActions = database.actions.length - staying.length;
    if (!dryRun) database.actions.splice(0, Infinity, ...staying);
  }
  let left = dryRun ? Infinity : budget;
  let done = true;
  for (const { kind, remove } of removals(database, policy, now)) {
    if (left-- <= 0) {
      done = false;
      break;
    }
    counts[kind]++;
    if (!dryRun) remove();
  }
  const result = { ...counts, done, busy: false };
  if (by === undefined) return result;
  const progress = purgeProgress(result);
  if (begun === undefined) {
    return { ...result, actionId: noteAction(database, { ...by.action, ...progress }, now) };
  }
  begun.changed += progress.changed;
  begun.next = progress.next;
  return { ...result, actionId: begun.id };
}

/** Yields the rows that the policy allows to be deleted, and each task after its history. */
function* removals(
  database: MapDatabase,
  policy: RetentionPolicy,
  now: number,
): Generator<Removal> {
  const before = (days: number | null | undefined) => days! > 0 ? now - days! * dayMs : -Infinity;
  const most = policy.maxExecutionLogsPerTask! > 0 ? policy.maxExecutionLogsPerTask! : Infinity;
  const days = (of: number | null | undefined, exception: string | null) =>
    exception !== null && policy.errorAuditDays! > 0 ? policy.errorAuditDays : of;
  for (const row of database.rows.values()) {
    const status = row.statusAudit.filter(({ updatedAt, exception }) =>
      updatedAt < before(days(policy.statusAuditDays, exception))
    );
    const runs = row.runsAudit.filter(({ executedAt, exception }) =>
      executedAt < before(days(policy.runsAuditDays, exception))
    );
    const lines = row.logs.filter(({ loggedAt }, index) =>
      index < row.logs.length - most || loggedAt < before(policy.executionLogDays)
    );
    const history = row.statusAudit.length + row.runsAudit.length + row.logs.length;
    const isBare = history === status.length + runs.length + lines.length;
    yield* each("statusAudit", row.statusAudit, status);
    yield* each("runsAudit", row.runsAudit, runs);
    yield* each("executionLog", row.logs, lines);
    const isDone = isBare && policy.deleteCompletedTasksAfterRetention && hasRested(row);
    if (isDone && (row.lastExecutionAt ?? row.createdAt) < before(policy.statusAuditDays)) {
      yield { kind: "tasks", remove: () => void database.rows.delete(row.id) };
    }
  }
}

function* each<T>(kind: Removal["kind"], all: T[], gone: readonly T[]): Generator<Removal> {
  for (const item of gone) yield { kind, remove: () => void all.splice(all.indexOf(item), 1) };
}

/** Reports whether a one-time task was completed or cancelled. */
function hasRested({ series, workerId, dueAt, status }: Row): boolean {
  return series === null && workerId === null && dueAt === null &&
    (status === "Completed" || status === "Cancelled");
}
