// The text of a task with its history. Equal texts are equal tasks, whichever store holds them.

import type { TaskWithHistory } from "../storage_copying.ts";

/** Returns the canonical text of a task. */
export function canonicalText({ task, ...history }: TaskWithHistory): string {
  const { series } = task;
  return JSON.stringify([
    [task.id, task.type, task.handlerName, task.tags, task.payload, task.status, task.exception],
    [task.auditLevel, task.queue, task.priority, task.taskKey, task.createdAt, task.scheduledAt],
    [task.dueAt, task.lastExecutionAt, task.executionTimeMs, task.attempt, task.lostCount],
    [task.leaseToken, task.cancelRequested, task.rateSlotAt, task.traceContext, task.retryPolicy],
    series && [
      ...[series.schedule, series.info, series.anchorAt, series.maxRuns, series.runUntil],
      ...[series.nextRunAt, series.runCount, series.paused ?? false],
    ],
    history.statusAudit.map((row) => [row.updatedAt, row.newStatus, row.exception]),
    history.runsAudit.map((row) => [
      ...[row.executedAt, row.executionTimeMs, row.status, row.exception],
    ]),
    history.executionLogs.map((row) => [
      ...[row.sequence, row.run, row.loggedAt, row.level, row.message, row.exception],
    ]),
  ]);
}
