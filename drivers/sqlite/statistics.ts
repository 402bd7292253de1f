// Figures of the whole store, for dashboards and health checks.

import type { AuditGrowth, QueueStatistics, StorageStatistics } from "../../src/storage/queries.ts";
import { type TaskStatus, taskStatuses } from "../../src/storage/task_status.ts";
import type { Connection } from "./connection.ts";
import { pausedQueues } from "./queues.ts";
import type { SqliteValue } from "./database.ts";

const countByStatus = "SELECT status, count(*) AS tasks FROM queued_tasks GROUP BY status";

const waitingByQueue = "SELECT CAST(queue_name AS BLOB) AS queue, " +
  "count(*) FILTER (WHERE due_at_utc <= ?1) AS due, " +
  "count(*) FILTER (WHERE due_at_utc > ?1) AS scheduled, " +
  "min(due_at_utc) FILTER (WHERE due_at_utc <= ?1) AS oldest " +
  "FROM queued_tasks WHERE due_at_utc IS NOT NULL GROUP BY queue_name";

const claimedByQueue = "SELECT CAST(queue_name AS BLOB) AS queue, count(*) AS claimed " +
  "FROM queued_tasks WHERE worker_id IS NOT NULL GROUP BY queue_name";

/** Counts by status and queue. */
export function statistics(connection: Connection, now: number): StorageStatistics {
  const counted = connection.all(countByStatus)
    .map((row) => [row.status as string, row.tasks as number] as const);
  const tasksByStatus = Object.fromEntries([
    ...taskStatuses.map((status) => [status, 0] as const),
    ...counted,
  ]) as Record<TaskStatus, number>;

  const paused = pausedQueues(connection);
  const queues = new Map<string, QueueStatistics>();
  const note = (queue: string, figures: Partial<QueueStatistics>): void => {
    const none = { due: 0, scheduled: 0, claimed: 0, oldestDueAt: null };
    const known = queues.get(queue) ?? { queue, paused: paused.has(queue), ...none };
    queues.set(queue, { ...known, ...figures });
  };
  for (const queue of paused) note(queue, {});
  for (const row of connection.all(waitingByQueue, now)) {
    note(decode(row.queue), {
      due: row.due as number,
      scheduled: row.scheduled as number,
      oldestDueAt: row.oldest as number | null,
    });
  }
  for (const row of connection.all(claimedByQueue)) {
    note(decode(row.queue), { claimed: row.claimed as number });
  }
  const byName = [...queues.values()].sort((a, b) => a.queue < b.queue ? -1 : 1);
  return { now, tasksByStatus, queues: byName };
}

function decode(bytes: SqliteValue | undefined): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes as Uint8Array);
}

const growthQueries: readonly (readonly [AuditGrowth["table"], string])[] = [
  ["StatusAudit", growthQuery("status_audit", "updated_at_utc")],
  ["RunsAudit", growthQuery("runs_audit", "executed_at_utc")],
  ["TaskExecutionLog", growthQuery("task_execution_log", "logged_at_utc")],
];

function growthQuery(table: string, column: string): string {
  return `SELECT count(*) AS total, min(${column}) AS first, max(${column}) AS last FROM ${table}`;
}

const dayMs = 86_400_000;

/** The size and growth of the history tables. */
export function auditGrowth(connection: Connection): AuditGrowth[] {
  return growthQueries.map(([table, sql]) => {
    const row = connection.get(sql)!;
    const rows = row.total as number;
    const firstAt = row.first as number | null;
    const lastAt = row.last as number | null;
    const days = Math.floor(((lastAt ?? 0) - (firstAt ?? 0)) / dayMs);
    return { table, rows, firstAt, lastAt, averageRowsPerDay: days < 1 ? null : rows / days };
  });
}
