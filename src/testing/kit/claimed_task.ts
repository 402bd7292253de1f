// Creates the claimed task that `runHandler` runs, as storage would return it to a worker.

import { bornClaimed, type ClaimableTask } from "../../storage/born_claimed.ts";
import type { ClaimedTask, SeriesRecord } from "../../storage/records.ts";
import type { TaskSettings } from "../../task/task.ts";
import { toEpochMilliseconds } from "../../time/instant.ts";
import { defaultQueue, recurringQueue } from "../../task/queue_settings.ts";
import type { RunHandlerOptions } from "./run_handler_options.ts";

/**
 * Creates a claimed task.
 *
 * @param payload The payload as JSON.
 * @param now The present instant, in epoch milliseconds.
 * @param options The options, checked by {@linkcode checkRunOptions}.
 */
export function claimedTask(
  task: TaskSettings,
  payload: string,
  newId: () => string,
  now: number,
  options: RunHandlerOptions,
): ClaimedTask {
  const { attempt = 1, taskKey = null, run } = options;
  const { number = 1, scheduledAt } = run === true || run === undefined ? {} : run;
  const dueAt = scheduledAt === undefined
    ? now
    : toEpochMilliseconds(scheduledAt, "run.scheduledAt");
  const fallbackQueue = run === undefined ? defaultQueue : recurringQueue;
  const stored: ClaimableTask = {
    id: options.taskId ?? newId(),
    type: task.type,
    payload,
    status: "Queued",
    auditLevel: task.auditLevel ?? "Full",
    queue: options.queue ?? task.queue ?? fallbackQueue,
    priority: task.priority ?? 0,
    taskKey,
    traceContext: null,
    retryPolicy: null,
    series: null,
  };
  const series = run === undefined ? null : runOfSeries(number, dueAt);
  return { ...bornClaimed(stored, now), dueAt, attempt, series };
}

/** Returns a series of which only the current run is known. */
function runOfSeries(number: number, scheduledAt: number): SeriesRecord {
  return {
    schedule: "",
    info: "",
    anchorAt: scheduledAt,
    maxRuns: null,
    runUntil: null,
    nextRunAt: scheduledAt,
    runCount: number - 1,
  };
}
