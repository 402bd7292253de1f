// What the verbs that write send: the contract's requests as the JSON documents that the procedures take.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import { InvalidArgumentError } from "../../src/errors.ts";
import type {
  NewLogLine,
  NewTask,
  RateSlotRequest,
  RunEnd,
  StatusChange,
  StatusStep,
} from "../../src/storage/requests.ts";
import { toIso, toWholeMs } from "./instants.ts";
import { nameLengths, toStored, toStoredName } from "./text.ts";

/** What happened to a task, with its last step apart from those before: a {@linkcode StatusChange} or a {@linkcode RunEnd}. */
type Steps = Pick<StatusChange, "steps" | "taskId">;

/** A name of a worker as it is stored. */
export function storedWorker(workerId: string): string {
  return toStoredName(workerId, "workerId", nameLengths.worker);
}

/** @Tasks of usp_PersistTasks. */
export function taskDocument(tasks: readonly NewTask[]): unknown[] {
  return tasks.map((task, index) => ({
    n: index + 1,
    id: task.id,
    type: toStoredName(task.type, "type", nameLengths.type),
    handler: toStoredName(task.handler, "handler", nameLengths.handler),
    request: toStored(task.request),
    status: task.status,
    dueInMs: "inMs" in task.due ? toWholeMs(task.due.inMs) : null,
    dueUtc: "at" in task.due ? toIso(task.due.at) : null,
    auditLevel: auditLevelToNumber(task.auditLevel),
    queue: toStoredName(task.queue, "queue", nameLengths.queue),
    priority: task.priority,
    taskKey: task.taskKey === null
      ? null
      : toStoredName(task.taskKey, "taskKey", nameLengths.taskKey),
    traceContext: toStored(task.traceContext),
    claimFor: task.claimFor === null ? null : storedWorker(task.claimFor),
    isRecurring: task.series !== null,
    schedule: toStored(task.series?.schedule ?? null),
    info: toStored(task.series?.info ?? null),
    anchorUtc: toIso(task.series?.anchorAt ?? null),
    maxRuns: task.series?.maxRuns ?? null,
    runUntilUtc: toIso(task.series?.runUntil ?? null),
    nextRunUtc: toIso(task.series?.nextRunAt ?? null),
  }));
}

/** @Changes of usp_SetTaskStatuses. */
export function changeDocument(changes: readonly StatusChange[]): unknown[] {
  return changes.map((change, n) => ({
    n,
    taskId: change.taskId,
    auditLevel: auditLevelToNumber(change.auditLevel),
    ...stepFields(lastStep(change)),
    ...leaseFields(change),
    dueInMs: change.dueInMs === undefined ? null : toWholeMs(change.dueInMs),
    returnAttempt: change.returnAttempt ?? false,
    rateSlotUtc: toIso(change.rateSlotAt ?? null),
    executionTimeMs: change.executionTimeMs ?? null,
  }));
}

/** @Runs of usp_UpdateCurrentRuns. */
export function runDocument(runs: readonly RunEnd[]): unknown[] {
  return runs.map((run, n) => ({
    n,
    taskId: run.taskId,
    auditLevel: auditLevelToNumber(run.auditLevel),
    ...stepFields(lastStep(run)),
    ...leaseFields(run),
    executionTimeMs: run.executionTimeMs,
    nextRunUtc: toIso(run.nextRunAt),
    counts: run.counts ?? true,
  }));
}

/** @Steps of both: all steps but the last of each. */
export function earlierSteps(changes: readonly Steps[]): unknown[] {
  return changes.flatMap(({ steps }, n) =>
    steps.slice(0, -1).map((step, s) => ({ n, s, ...stepFields(step) }))
  );
}

/** @Lines of usp_SaveExecutionLogs. */
export function lineDocument(lines: readonly NewLogLine[]): unknown[] {
  return lines.map((line, n) => ({
    n,
    taskId: line.taskId,
    agoMs: toWholeMs(line.agoMs),
    level: line.level,
    message: toStored(line.message),
    exception: toStored(line.exception),
  }));
}

/** @Requests of usp_ReserveRateSlots. */
export function slotDocument(requests: readonly RateSlotRequest[]): unknown[] {
  return requests.map((request, index) => ({
    n: index + 1,
    key: toStoredName(request.key, "key", nameLengths.rateKey),
    intervalMs: request.emissionIntervalMs,
    burst: request.burst,
    startEmpty: request.startEmpty,
    horizonMs: toWholeMs(request.horizonMs),
  }));
}

/** The step that says how the task stands. */
export function lastStep({ steps, taskId }: Steps): StatusStep {
  const step = steps.at(-1);
  if (step !== undefined) return step;
  throw new InvalidArgumentError(`steps of task ${taskId}`, steps, "have at least one step");
}

function stepFields({ status, exception, agoMs }: StatusStep) {
  return { status, exception: toStored(exception), agoMs: toWholeMs(agoMs) };
}

function leaseFields({ lease }: Pick<StatusChange, "lease">) {
  return {
    workerId: lease === undefined ? null : storedWorker(lease.workerId),
    leaseToken: lease === undefined ? null : lease.token,
  };
}
