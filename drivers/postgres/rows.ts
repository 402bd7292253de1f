// Converts between the records of the contract and the arguments and results of the functions of
// sql/postgres/, which have snake_case names and numeric audit levels.

import { auditLevelFromNumber, auditLevelToNumber } from "../../src/audit/audit_level.ts";
import type {
  ClaimedTask,
  TaskFields,
  TaskRecord,
  WorkerRecord,
} from "../../src/storage/records.ts";
import type { NewLogLine } from "../../src/storage/queries.ts";
import type {
  ReleasedTask,
  RunEnd,
  SeriesCorrection,
  StatusChange,
  StatusTransition,
} from "../../src/storage/requests.ts";
import { lastTransition } from "../../src/storage/status_transitions.ts";
import { creationOf, type TableSize } from "../../src/storage/table_sizes.ts";
import { decodeProcess, decodeServes } from "../../src/storage/worker_serves.ts";

/** A record with a numeric audit level and the column names of the database. */
export type Stored<T extends TaskFields> =
  & Omit<T, "auditLevel" | "payload" | "handlerName">
  & { readonly auditLevel: number; readonly request: string };

/** A task as the functions that search and read tasks return it. */
export type StoredTaskRecord = Stored<TaskRecord> & {
  readonly handler: string;
  /** Null stands for false. */
  readonly isPaused: boolean | null;
};

/** Converts a stored task to its record. */
export function fromStored(stored: StoredTaskRecord): TaskRecord {
  const { request: payload, handler: handlerName, auditLevel, isPaused, ...same } = stored;
  return {
    ...same,
    payload,
    handlerName,
    auditLevel: auditLevelFromNumber(auditLevel),
    series: same.series && isPaused ? { ...same.series, paused: true } : same.series,
  };
}

/** The defaults of properties that few claimed tasks have. */
const rareMembers = {
  taskKey: null,
  lostCount: 0,
  cancelRequested: false,
  rateSlotAt: null,
  traceContext: null,
  retryPolicy: null,
  series: null,
} satisfies Partial<ClaimedTask>;

type CommonMembers = Omit<Stored<ClaimedTask>, keyof typeof rareMembers>;

/**
 * The result of claim_tasks: an array of values for each property, and the rare properties of some
 * tasks.
 */
export type ClaimedLists =
  & { readonly [Member in keyof CommonMembers]: readonly CommonMembers[Member][] }
  & { readonly rare: readonly Pick<ClaimedTask, "id" | keyof typeof rareMembers>[] | null };

/** Converts the result of claim_tasks to tasks. */
export function fromClaimedLists(lists: ClaimedLists): ClaimedTask[] {
  const special = new Map(lists.rare?.map((members) => [members.id, members]));
  return lists.id.map((id, n) => ({
    id,
    type: lists.type[n]!,
    payload: lists.request[n]!,
    status: lists.status[n]!,
    auditLevel: auditLevelFromNumber(lists.auditLevel[n]!),
    queue: lists.queue[n]!,
    priority: lists.priority[n]!,
    createdAt: lists.createdAt[n]!,
    dueAt: lists.dueAt[n]!,
    attempt: lists.attempt[n]!,
    leaseToken: lists.leaseToken[n]!,
    ...special.get(id) ?? rareMembers,
  }));
}

/** Returns a task id as a parameter. For an invalid id, returns an id that no task has. */
export function toId(taskId: string): string {
  const isId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(taskId);
  return isId ? taskId : "00000000-0000-0000-0000-000000000000";
}

/** Converts a change to the type status_change. */
export function toStatusChange(change: StatusChange): object {
  return {
    ...toTransitions(change),
    due_in_ms: change.dueInMs,
    return_attempt: change.returnAttempt,
    rate_slot_at_ms: change.rateSlotAt ?? undefined,
    execution_time_ms: change.executionTimeMs,
  };
}

/**
 * Returns the arguments of complete_tasks; null unless every change completes a task at its first
 * attempt without an error, and all tasks belong to one worker.
 */
export function toCompletions(changes: readonly StatusChange[]): readonly unknown[] | null {
  const workerId = changes[0]?.lease?.workerId;
  if (workerId === undefined || !changes.every((change) => isCompletion(change, workerId))) {
    return null;
  }
  return [
    workerId,
    changes.map(({ taskId }) => toId(taskId)),
    changes.map(({ lease }) => lease!.token),
    changes.map(({ auditLevel }) => auditLevelToNumber(auditLevel)),
    changes.map(({ transitions }) => Math.round(transitions[0]!.agoMs)),
    changes.map(({ transitions }) => Math.round(transitions[1]!.agoMs)),
    changes.map(({ executionTimeMs }) => executionTimeMs),
  ];
}

/** Reports whether a task completed at its first attempt, and its start is not written yet. */
function isCompletion(change: StatusChange, workerId: string): boolean {
  const { transitions: [first, second], lease, executionTimeMs } = change;
  return change.transitions.length === 2 && first!.status === "InProgress" &&
    second!.status === "Completed" && first!.exception === null && second!.exception === null &&
    lease?.workerId === workerId && executionTimeMs !== undefined &&
    change.dueInMs === undefined && !change.returnAttempt && (change.rateSlotAt ?? null) === null;
}

/** Converts the end of a run to the type run_end. */
export function toRunEnd(run: RunEnd): object {
  return {
    ...toTransitions(run),
    execution_time_ms: run.executionTimeMs,
    next_run_at_ms: run.nextRunAt,
    counts: run.counts,
  };
}

/** Converts a released task for release_tasks. */
export function toReleased({ taskId, token, dueAt }: ReleasedTask): object {
  return { id: toId(taskId), token, due_at_ms: dueAt };
}

/** Converts a correction for correct_series. */
export function toCorrection(correction: SeriesCorrection): object {
  const { taskId, plannedAt, nextRunAt, anchorAt, dueAt } = correction;
  return {
    id: toId(taskId),
    planned_at_ms: plannedAt,
    next_run_at_ms: nextRunAt,
    anchor_at_ms: anchorAt,
    due_at_ms: dueAt,
  };
}

/** Converts a log line for save_execution_logs. */
export function toLogLine({ taskId, level, message, exception, run, agoMs }: NewLogLine): object {
  return { task_id: toId(taskId), level, message, exception, run, ago_ms: agoMs };
}

/** Returns the fields that changes of status and ends of runs share. */
function toTransitions(change: StatusChange | RunEnd): object {
  const { taskId, auditLevel, transitions, lease } = change;
  return {
    id: toId(taskId),
    audit_level: auditLevelToNumber(auditLevel),
    ...toTransition(lastTransition(change)),
    earlier: transitions.length > 1 ? transitions.slice(0, -1).map(toTransition) : undefined,
    worker_id: lease?.workerId,
    lease_token: lease?.token,
  };
}

function toTransition({ status, exception, agoMs }: StatusTransition) {
  return { status, exception: exception ?? undefined, ago_ms: agoMs };
}

/** Compares by task id, the order in which all batches lock. */
export function byTaskId(a: { readonly taskId: string }, b: { readonly taskId: string }): number {
  return a.taskId < b.taskId ? -1 : 1;
}

/** The result of list_workers for each worker. */
export interface StoredWorker extends Omit<WorkerRecord, "serves" | "process"> {
  readonly serves: string | null;
}

/** Converts a worker. */
export function toWorker(row: StoredWorker): WorkerRecord {
  return { ...row, serves: decodeServes(row.serves), process: decodeProcess(row.serves) };
}

/** The result of table_sizes for each table. */
export interface StoredTableSize extends Omit<TableSize, "oldestAt"> {
  readonly oldestTaskId: string | null;
}

/** Converts the size of a table. */
export function toTableSize({ oldestTaskId, ...size }: StoredTableSize): TableSize {
  return { ...size, oldestAt: creationOf(oldestTaskId) };
}
