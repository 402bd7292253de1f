// Creates the claimed task of a worker from a new task that was stored as claimed.

import type { NewTask } from "./persist_requests.ts";
import type { ClaimedTask } from "./records.ts";

/** The fields that a new task shares with a claimed task. */
export type ClaimableTask = Omit<NewTask, "handlerName" | "due" | "tags" | "claimFor">;

/**
 * Returns a task that was stored claimed ({@linkcode NewTask.claimFor}) in the form that a claim
 * returns.
 *
 * @param now The instant at which the task was stored, in epoch milliseconds of the storage's
 * clock.
 */
export function bornClaimed(task: ClaimableTask, now: number): ClaimedTask {
  return {
    id: task.id,
    type: task.type,
    payload: task.payload,
    status: task.status,
    auditLevel: task.auditLevel,
    queue: task.queue,
    priority: task.priority,
    taskKey: task.taskKey,
    createdAt: now,
    dueAt: now,
    attempt: 1,
    lostCount: 0,
    leaseToken: 1,
    cancelRequested: false,
    rateSlotAt: null,
    traceContext: task.traceContext,
    retryPolicy: task.retryPolicy,
    series: task.series === null ? null : { ...task.series, runCount: 0 },
  };
}
