// Makes the claimed task that a worker gets without a claim, for which it was stored.

import type { NewTask } from "./persist_requests.ts";
import type { ClaimedTask } from "./records.ts";

/** The fields of a new task that its claim has, too. */
export type ClaimableTask = Omit<NewTask, "handlerName" | "due" | "claimFor">;

/**
 * Returns a task that was stored claimed ({@linkcode NewTask.claimFor}) as a claim would have
 * brought it.
 *
 * @param now When it was stored, in epoch milliseconds of the storage's clock.
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
