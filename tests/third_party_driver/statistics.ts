// Statistics about the whole store.

import { InvalidArgumentError, type TaskStatus, taskStatuses } from "@evertask/evertask";
import type { AuditGrowth, QueueBacklog, QueueStatistics } from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import type { Mutable } from "./rows.ts";

const dayMs = 86_400_000;

/** Counts waiting and claimed tasks by queue. */
export function queueFigures(database: MapDatabase, now: number): QueueStatistics[] {
  const queues = new Map<string, Mutable<QueueStatistics>>();
  const of = (queue: string) => {
    const paused = database.paused.has(queue);
    const empty = { queue, paused, due: 0, scheduled: 0, oldestDueAt: null, claimed: 0 };
    const figures = queues.get(queue) ?? empty;
    queues.set(queue, figures);
    return figures;
  };
  for (const queue of database.paused) of(queue);
  for (const { queue, dueAt, workerId } of database.rows.values()) {
    if (workerId !== null) of(queue).claimed++;
    else if (dueAt !== null && dueAt > now) of(queue).scheduled++;
    else if (dueAt !== null) {
      const figures = of(queue);
      figures.due++;
      figures.oldestDueAt = Math.min(figures.oldestDueAt ?? Infinity, dueAt);
    }
  }
  return [...queues.values()];
}

/** Counts waiting tasks by queue, up to a limit. */
export function waitingFigures(database: MapDatabase, now: number, cap = Infinity): QueueBacklog[] {
  const isCap = cap === Infinity || Number.isInteger(cap) && cap > 0;
  if (!isCap) throw new InvalidArgumentError("cap", cap, "be a positive integer");
  return queueFigures(database, now).map(({ claimed: _, due, scheduled, ...queue }) => (
    { ...queue, due: Math.min(due, cap), scheduled: Math.min(scheduled, cap) }
  ));
}

/** Counts tasks by status. */
export function tasksByStatus(database: MapDatabase): Record<TaskStatus, number> {
  const counts = Object.fromEntries(taskStatuses.map((status) => [status, 0]));
  for (const { status } of database.rows.values()) counts[status]!++;
  return counts as Record<TaskStatus, number>;
}

/** Returns the size and growth of each history table. */
export function auditGrowth(database: MapDatabase): AuditGrowth[] {
  const rows = [...database.rows.values()];
  return [
    growth("StatusAudit", rows.flatMap((row) => row.statusAudit.map((it) => it.updatedAt))),
    growth("RunsAudit", rows.flatMap((row) => row.runsAudit.map((it) => it.executedAt))),
    growth("TaskExecutionLog", rows.flatMap((row) => row.logs.map((it) => it.loggedAt))),
  ];
}

function growth(table: AuditGrowth["table"], instants: number[]): AuditGrowth {
  const rows = instants.length;
  const isEstimate = false;
  if (rows === 0) {
    return { table, rows, isEstimate, firstAt: null, lastAt: null, averageRowsPerDay: null };
  }
  const [firstAt, lastAt] = [Math.min(...instants), Math.max(...instants)];
  const days = Math.floor((lastAt - firstAt) / dayMs);
  const averageRowsPerDay = days < 1 ? null : rows / days;
  return { table, rows, isEstimate, firstAt, lastAt, averageRowsPerDay };
}
