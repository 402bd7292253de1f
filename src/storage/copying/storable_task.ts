// Checks that every store can hold a task. Every dispatched task passes. A row that was damaged or
// written by hand may not.

import { isStorableInstant } from "../../time/instant.ts";
import type { TaskWithHistory } from "../storage_copying.ts";
import { isTaskStatus } from "../task_status.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Returns the first field that no store can hold, with its value, such as `priority 70000`; null if
 * every store can hold the task.
 */
export function unstorablePart({ task, ...history }: TaskWithHistory): string | null {
  const { series } = task;
  if (!uuid.test(task.id)) return `id ${shown(task.id)}`;
  const texts: [string, string | null, number][] = [
    ["type", task.type, 200],
    ["queue", task.queue, 200],
    ["taskKey", task.taskKey, 200],
    ["handlerName", task.handlerName, 500],
  ];
  for (const [name, text, longest] of texts) {
    if (text !== null && text.length > longest) return `${name} ${shown(text)}`;
  }
  if (!isTaskStatus(task.status)) return `status ${shown(task.status)}`;
  const integers: [string, number | null | undefined, number][] = [
    ["priority", task.priority, 2 ** 15],
    ["attempt", task.attempt, 2 ** 31],
    ["lostCount", task.lostCount, 2 ** 31],
    ["leaseToken", task.leaseToken, 2 ** 31],
    ["series.runCount", series?.runCount, 2 ** 31],
    ["series.maxRuns", series?.maxRuns, 2 ** 31],
  ];
  for (const [name, value, limit] of integers) {
    if (value == null) continue;
    if (!Number.isInteger(value) || value < -limit || value >= limit) return `${name} ${value}`;
  }
  const instants: [string, number | null | undefined][] = [
    ["createdAt", task.createdAt],
    ["scheduledAt", task.scheduledAt],
    ["dueAt", task.dueAt],
    ["lastExecutionAt", task.lastExecutionAt],
    ["rateSlotAt", task.rateSlotAt],
    ["series.anchorAt", series?.anchorAt],
    ["series.runUntil", series?.runUntil],
    ["series.nextRunAt", series?.nextRunAt],
    ...history.statusAudit.map((row): [string, number] => ["statusAudit.updatedAt", row.updatedAt]),
    ...history.runsAudit.map((row): [string, number] => ["runsAudit.executedAt", row.executedAt]),
    ...history.executionLogs.map((
      row,
    ): [string, number] => ["executionLogs.loggedAt", row.loggedAt]),
  ];
  for (const [name, value] of instants) {
    if (value == null) continue;
    if (!isStorableInstant(value)) return `${name} ${value}`;
  }
  return null;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
