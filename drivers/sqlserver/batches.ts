// Converts the contract's requests to rows of the procedures' table types.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import type { NewLogLine } from "../../src/storage/queries.ts";
import type {
  ClaimRequest,
  EventPositions,
  NewTask,
  RateSlotRequest,
  ReleasedTask,
  ReturnedRateSlot,
  RowEdit,
  RunEnd,
  SeriesCorrection,
  StatusChange,
  TaskEdit,
} from "../../src/storage/requests.ts";
import { lastTransition } from "../../src/storage/status_transitions.ts";
import { toIso, toWholeMs } from "./instants.ts";
import { type Rows, rowsOf } from "./mssql.ts";
import * as types from "./table_types.ts";
import { nameLengths, toStored, toStoredName } from "./text.ts";

/** A change of a task: a {@linkcode StatusChange} or a {@linkcode RunEnd}. */
type Change = Pick<StatusChange, "taskId" | "auditLevel" | "transitions" | "lease">;

/** Returns a worker's id in its stored form. */
export function storedWorker(workerId: string): string {
  return toStoredName(workerId, "workerId", nameLengths.worker);
}

/** Returns rows of task ids. */
export function taskIds(ids: readonly string[]): Rows {
  return rowsOf(types.taskIdList, ids.map((TaskId, Ordinal) => ({ Ordinal, TaskId })));
}

/** Returns rows of task types. */
export function typeNames(names: readonly string[]): Rows {
  const rows = names.map((name, Ordinal) => ({
    Ordinal,
    Name: toStoredName(name, "type", nameLengths.type),
    Limit: null,
  }));
  return rowsOf(types.nameList, rows);
}

/** Returns rows of queue names, with limits for a claim. */
export function queueNames(
  queues: readonly (Pick<ClaimRequest["queues"][number], "name"> & { readonly limit?: number })[],
): Rows {
  const rows = queues.map(({ name, limit = null }, Ordinal) => ({
    Ordinal,
    Name: toStoredName(name, "queue", nameLengths.queue),
    Limit: limit,
  }));
  return rowsOf(types.nameList, rows);
}

/** Returns rows of new tasks. */
export function newTasks(tasks: readonly NewTask[]): Rows {
  const rows = tasks.map((task, index) => ({
    Ordinal: index + 1,
    Id: task.id,
    Type: toStoredName(task.type, "type", nameLengths.type),
    Handler: toStoredName(task.handlerName, "handler", nameLengths.handler),
    Request: toStored(task.payload),
    Status: task.status,
    DueInMs: "inMs" in task.due ? toWholeMs(task.due.inMs) : null,
    DueAtUtc: "at" in task.due ? toIso(task.due.at) : null,
    AuditLevel: auditLevelToNumber(task.auditLevel),
    QueueName: toStoredName(task.queue, "queue", nameLengths.queue),
    Priority: task.priority,
    TaskKey: task.taskKey === null
      ? null
      : toStoredName(task.taskKey, "taskKey", nameLengths.taskKey),
    TraceContext: toStored(task.traceContext),
    RetryPolicy: toStored(task.retryPolicy),
    ClaimFor: task.claimFor === null ? null : storedWorker(task.claimFor),
    IsRecurring: task.series !== null,
    RecurringTask: toStored(task.series?.schedule ?? null),
    RecurringInfo: toStored(task.series?.info ?? null),
    AnchorUtc: toIso(task.series?.anchorAt ?? null),
    MaxRuns: task.series?.maxRuns ?? null,
    RunUntil: toIso(task.series?.runUntil ?? null),
    NextRunUtc: toIso(task.series?.nextRunAt ?? null),
  }));
  return rowsOf(types.newTaskList, rows);
}

/** Returns rows of the tags of tasks. */
export function taskTags(tagsOf: ReadonlyMap<string, readonly string[]>): Rows {
  const rows = [...tagsOf].flatMap(([TaskId, tags], Ordinal) =>
    tags.map((tag, index) => ({
      Ordinal,
      TaskId,
      Place: index + 1,
      Tag: storedTag(tag),
      Tags: index === 0 ? JSON.stringify(tags.map((each) => each.toWellFormed())) : null,
    }))
  );
  return rowsOf(types.taskTagList, rows);
}

/** Returns a tag in its stored form. */
export function storedTag(tag: string): string {
  return toStoredName(tag, "tag", nameLengths.tag);
}

/** Returns rows of status changes. */
export function statusChanges(changes: readonly StatusChange[]): Rows {
  const rows = changes.map((change, Ordinal) => ({
    ...changeFields(change, Ordinal),
    DueInMs: change.dueInMs === undefined ? null : toWholeMs(change.dueInMs),
    ReturnAttempt: change.returnAttempt ?? false,
    RateSlotUtc: toIso(change.rateSlotAt ?? null),
    ExecutionTimeMs: change.executionTimeMs ?? null,
  }));
  return rowsOf(types.statusChangeList, rows);
}

/** Returns rows of ends of runs. */
export function runEnds(runs: readonly RunEnd[]): Rows {
  const rows = runs.map((run, Ordinal) => ({
    ...changeFields(run, Ordinal),
    ExecutionTimeMs: run.executionTimeMs,
    NextRunUtc: toIso(run.nextRunAt),
    Counts: run.counts ?? true,
  }));
  return rowsOf(types.runEndList, rows);
}

/** Returns rows of the transitions of changes. */
export function statusTransitions(changes: readonly Change[]): Rows {
  const rows = changes.flatMap(({ transitions }, Ordinal) =>
    transitions.map(({ status, exception, agoMs }, Step) => ({
      Ordinal,
      Step,
      Status: status,
      Exception: toStored(exception),
      AgoMs: toWholeMs(agoMs),
    }))
  );
  return rowsOf(types.statusStepList, rows);
}

/** Returns rows of released tasks. */
export function releasedTasks(tasks: readonly ReleasedTask[]): Rows {
  const rows = tasks.map(({ taskId, token, dueAt }, Ordinal) => ({
    Ordinal,
    TaskId: taskId,
    LeaseToken: token,
    DueAtUtc: toIso(dueAt),
  }));
  return rowsOf(types.releasedTaskList, rows);
}

/** Returns rows of corrections of series. */
export function seriesCorrections(corrections: readonly SeriesCorrection[]): Rows {
  const rows = corrections.map((correction, Ordinal) => ({
    TaskId: correction.taskId,
    Ordinal,
    PlannedUtc: toIso(correction.plannedAt),
    NextRunUtc: toIso(correction.nextRunAt),
    AnchorUtc: toIso(correction.anchorAt),
    DueAtUtc: toIso(correction.dueAt),
  }));
  return rowsOf(types.seriesCorrectionList, rows);
}

/** Returns rows of changes by operators. */
export function taskEdits(edits: readonly TaskEdit[]): Rows {
  const rows = edits.map(({ taskId, version, change }, Ordinal) => {
    const { payload, queue, priority, status, due, series, ...edit }: RowEdit = change === "delete"
      ? {}
      : change;
    const instant = typeof due === "object" ? due : null;
    return {
      TaskId: taskId,
      Ordinal,
      Version: version.slice(0, nameLengths.version),
      Deletes: change === "delete",
      Request: toStored(payload ?? null),
      QueueName: queue === undefined ? null : toStoredName(queue, "queue", nameLengths.queue),
      Priority: priority ?? null,
      Status: status ?? null,
      StartsAnew: edit.startsAnew ?? false,
      CancelRequested: edit.cancelRequested ?? null,
      MovesDue: due !== undefined,
      Soonest: due === "soonest",
      DueInMs: instant !== null && "inMs" in instant ? toWholeMs(instant.inMs) : null,
      DueAtUtc: toIso(instant !== null && "at" in instant ? instant.at : null),
      RecurringTask: toStored(series?.schedule ?? null),
      RecurringInfo: toStored(series?.info ?? null),
      AnchorUtc: toIso(series?.anchorAt ?? null),
      MaxRuns: series?.maxRuns ?? null,
      RunUntil: toIso(series?.runUntil ?? null),
      NextRunUtc: toIso(series?.nextRunAt ?? null),
      EndsSeries: edit.endsSeries ?? false,
      IsPaused: edit.paused ?? null,
    };
  });
  return rowsOf(types.taskEditList, rows);
}

/** Returns rows of log lines. */
export function logLines(lines: readonly NewLogLine[]): Rows {
  const rows = lines.map((line, Ordinal) => ({
    Ordinal,
    TaskId: line.taskId,
    AgoMs: toWholeMs(line.agoMs),
    Level: line.level,
    Message: toStored(line.message),
    Exception: toStored(line.exception),
    RunNumber: line.run,
  }));
  return rowsOf(types.logLineList, rows);
}

/** Returns rows of requests for slots. */
export function slotRequests(requests: readonly RateSlotRequest[]): Rows {
  const rows = requests.map((request, index) => ({
    Ordinal: index + 1,
    RateKey: toStoredName(request.key, "key", nameLengths.rateKey),
    IntervalMs: request.emissionIntervalMs,
    Burst: request.burst,
    StartEmpty: request.startEmpty,
    HorizonMs: Math.min(request.horizonMs, Number.MAX_SAFE_INTEGER),
    ReservedMs: request.reservedAt,
    GraceMs: request.graceMs,
    StartWithinMs: request.startWithinMs,
  }));
  return rowsOf(types.rateSlotRequestList, rows);
}

/** Returns rows of returned slots. */
export function returnedSlots(slots: readonly ReturnedRateSlot[]): Rows {
  const rows = slots.map(({ key, slotAt }, Ordinal) => ({
    Ordinal,
    RateKey: toStoredName(key, "key", nameLengths.rateKey),
    SlotMs: slotAt,
  }));
  return rowsOf(types.returnedRateSlotList, rows);
}

/** Returns rows of the last event read from each writer. */
export function eventPositions(positions: EventPositions): Rows {
  const rows = Array.from(positions, ([writerId, UpTo], Ordinal) => ({
    Ordinal,
    WriterId: storedWorker(writerId),
    UpTo,
  }));
  return rowsOf(types.eventPositionList, rows);
}

function changeFields(change: Change, ordinal: number) {
  lastTransition(change);
  return {
    TaskId: change.taskId,
    Ordinal: ordinal,
    LastStep: change.transitions.length - 1,
    AuditLevel: auditLevelToNumber(change.auditLevel),
    WorkerId: change.lease === undefined ? null : storedWorker(change.lease.workerId),
    LeaseToken: change.lease === undefined ? null : change.lease.token,
  };
}
