// Finds the reasons why a task is not running. A pure function of facts, without storage or clock.

import type { TaskRecord } from "../storage/records.ts";
import { isWaiting, type TaskStatus } from "../storage/task_status.ts";
import type { WorkerStatus } from "../storage/worker_status.ts";
import type { Explanation, PauseNote, Reason } from "./reason.ts";
import { sentenceOf, type UntoldReason } from "./sentences.ts";
import { servingReasons } from "./serving_reasons.ts";
import type { TaskCount } from "./task_search.ts";

/** The facts about a task and about the workers that could run it. */
export interface ExplainFacts {
  /** The id of the task. */
  readonly taskId: string;
  /** The time of the storage's clock, in epoch milliseconds. */
  readonly now: number;
  /** The task; null if none with this id is stored. */
  readonly task: TaskRecord | null;
  /** The registered workers, including lost ones. */
  readonly workers: readonly WorkerStatus[];
  /** The time without a heartbeat after which a worker is lost, in milliseconds. */
  readonly leaseMs: number;
  /** The paused queues, from which nothing is claimed. */
  readonly pausedQueues: readonly string[];
  /** The recorded pause of the task's queue. */
  readonly queuePausedBy: PauseNote;
  /** The recorded pause of the series. */
  readonly seriesPausedBy: PauseNote;
  /** The number of due tasks in the task's queue that no worker holds. */
  readonly dueInQueue: TaskCount;
  /** The number of tasks of the task's queue that workers hold; null if unknown. */
  readonly heldInQueue: number | null;
  /**
   * The instant at which the task's handler was started, in epoch milliseconds; null if unknown.
   */
  readonly runningSince: number | null;
  /** The maximum number of retries of the task's policy; null if unknown. */
  readonly retries: number | null;
}

/** Returns all reasons why a task is not running, at least one. The decisive reasons come first. */
export function explain(facts: ExplainFacts): Explanation {
  const { taskId, now, task } = facts;
  const reasons = reasonsOf(facts).map((reason) =>
    ({ ...reason, sentence: sentenceOf(reason) }) as Reason
  );
  return { taskId, at: new Date(now), status: task?.status ?? null, reasons };
}

function reasonsOf(facts: ExplainFacts): UntoldReason[] {
  const { task } = facts;
  if (task === null) return [{ kind: "notStored" }];
  if (task.workerId !== null) return [...cancelling(task), heldReason(facts, task, task.workerId)];
  if (task.dueAt === null) return [restReason(facts, task)];
  return waitingReasons(facts, task, task.dueAt);
}

function cancelling({ cancelRequested }: TaskRecord): UntoldReason[] {
  return cancelRequested ? [{ kind: "cancelling" }] : [];
}

/** Returns the reason for a task that a worker holds. */
function heldReason(facts: ExplainFacts, task: TaskRecord, workerId: string): UntoldReason {
  const worker = facts.workers.find(({ id }) => id === workerId);
  if (worker === undefined) return { kind: "workerGone", workerId };
  const { host, alive, heartbeatAt, heartbeatAgeMs } = worker;
  if (!alive) {
    const lateMs = Math.abs(heartbeatAgeMs) - facts.leaseMs;
    return { kind: "workerLate", workerId, host, heartbeatAt: new Date(heartbeatAt), lateMs };
  }
  const running = task.status === "InProgress";
  const since = running ? toDate(facts.runningSince) : null;
  return { kind: "held", workerId, host, running, since };
}

/** Returns the reason for a task that no worker holds and that has no due instant. */
function restReason(facts: ExplainFacts, task: TaskRecord): UntoldReason {
  const { status, exception, series, attempt, lostCount } = task;
  const endedAt = toDate(task.lastExecutionAt);
  if (series?.paused && series.nextRunAt !== null) {
    const nextRunAt = new Date(series.nextRunAt);
    return { kind: "seriesPaused", nextRunAt, ...facts.seriesPausedBy };
  }
  if (!isEnd(status)) return { kind: "outOfLine", status };
  if (series === null) {
    return { kind: "ended", status, endedAt, attempts: attempt - lostCount, exception };
  }
  const { runCount } = series;
  const cause = causeOfEnd(facts, task);
  return { kind: "seriesEnded", status, cause, endedAt, runCount, exception };
}

function isEnd(status: TaskStatus): boolean {
  return !isWaiting(status) && status !== "InProgress";
}

/**
 * Returns the cause of the end of a series. The row does not store it, so only causes that are
 * certain are returned.
 */
function causeOfEnd(
  { now }: ExplainFacts,
  { status, series }: TaskRecord,
): "cancelled" | "maxRuns" | "runUntil" | null {
  const { runCount, maxRuns, runUntil } = series!;
  if (status === "Cancelled") return "cancelled";
  if (maxRuns !== null && runCount >= maxRuns) return "maxRuns";
  if (runUntil !== null && (status === "Completed" || now >= runUntil)) return "runUntil";
  return null;
}

/** Returns the reasons for a task that no worker holds and that has a due instant. */
function waitingReasons(facts: ExplainFacts, task: TaskRecord, dueAt: number): UntoldReason[] {
  const isLater = dueAt > facts.now;
  const keptBy = [
    ...isLater ? [laterReason(facts, task, dueAt)] : [],
    ...facts.pausedQueues.includes(task.queue)
      ? [{ kind: "queuePaused", queue: task.queue, ...facts.queuePausedBy } as const]
      : [],
    ...servingReasons(task, facts.workers),
  ];
  const lost: UntoldReason[] = task.status === "ServiceStopped"
    ? [{ kind: "givenBack", lostCount: task.lostCount }]
    : [];
  const turn = keptBy.length === 0 ? [turnReason(facts, task)] : [];
  return [...cancelling(task), ...keptBy, ...turn, ...lost];
}

/** Returns the reason for a task that is due later. */
function laterReason(facts: ExplainFacts, task: TaskRecord, due: number): UntoldReason {
  const { status, attempt, lostCount, rateSlotAt, series } = task;
  const waiting = { dueAt: new Date(due), dueInMs: due - facts.now };
  if (rateSlotAt !== null && rateSlotAt > facts.now) return { kind: "rateLimited", ...waiting };
  if (status === "Pending") {
    return { kind: "retry", ...waiting, retry: attempt - lostCount, retries: facts.retries };
  }
  if (series !== null) return { kind: "nextRun", ...waiting, schedule: series.info };
  return { kind: "delayed", ...waiting };
}

/** Returns the reason for a due task that a live worker would take. */
function turnReason(facts: ExplainFacts, { queue }: TaskRecord): UntoldReason {
  const { heldInQueue: held, dueInQueue: { count: due, exact } } = facts;
  const places = placesOf(facts.workers, queue);
  if (held !== null && places !== null && held >= places) {
    return { kind: "placesBusy", queue, places, held };
  }
  return { kind: "inLine", queue, due, exact };
}

/**
 * Returns the number of tasks of a queue that the live workers run concurrently; null if a live
 * worker does not report its queues.
 */
function placesOf(workers: readonly WorkerStatus[], queue: string): number | null {
  let places = 0;
  for (const { alive, draining, serves } of workers) {
    if (!alive || draining) continue;
    if (serves === null) return null;
    for (const { name, parallelism } of serves.queues) if (name === queue) places += parallelism;
  }
  return places;
}

function toDate(instant: number | null): Date | null {
  return instant === null ? null : new Date(instant);
}
