// Statistics of the memory store.

import { auditGrowthOf } from "../../src/storage/audit_growth.ts";
import { checkCount } from "../../src/guards/argument_checks.ts";
import type {
  AuditGrowth,
  Backlog,
  HeldTasks,
  QueueBacklog,
  StorageStatistics,
} from "../../src/storage/queries.ts";
import { taskStatuses } from "../../src/storage/task_status.ts";
import type { TaskRow } from "./rows.ts";
import type { MemoryState } from "./state.ts";

/** Implements {@linkcode Storage.backlog}. */
export function backlog(state: MemoryState, now: number, cap?: number): Backlog {
  if (cap !== undefined) checkCount(cap, "cap");
  const queues = [...waitingByQueue(state, now).values()].map(({ due, scheduled, ...queue }) => ({
    ...queue,
    due: Math.min(due, cap ?? Infinity),
    scheduled: Math.min(scheduled, cap ?? Infinity),
  }));
  return { now, queues };
}

/** Implements {@linkcode Storage.statistics}. */
export function statistics(state: MemoryState, now: number): StorageStatistics {
  const tasksByStatus = Object.fromEntries(taskStatuses.map((status) => [status, 0])) as Record<
    (typeof taskStatuses)[number],
    number
  >;
  for (const row of state.rows.values()) tasksByStatus[row.status]++;
  const waiting = waitingByQueue(state, now);
  const claimed = new Map<string, number>();
  for (const worker of state.workers.values()) {
    for (const { queue } of worker.tasks) claimed.set(queue, (claimed.get(queue) ?? 0) + 1);
  }
  const names = new Set([...waiting.keys(), ...claimed.keys()]);
  const queues = [...names].map((queue) => ({
    ...(waiting.get(queue) ?? emptyQueue(queue, false)),
    claimed: claimed.get(queue) ?? 0,
  }));
  return { now, tasksByStatus, estimated: [], queues };
}

/** Implements {@linkcode Storage.heldTasks}. */
export function heldTasks({ workers }: MemoryState): HeldTasks[] {
  const held: HeldTasks[] = [];
  for (const [workerId, { tasks }] of workers) {
    const counts = new Map<string, number>();
    for (const { queue } of tasks) counts.set(queue, (counts.get(queue) ?? 0) + 1);
    for (const [queue, count] of counts) held.push({ workerId, queue, count });
  }
  return held;
}

function waitingByQueue(state: MemoryState, now: number): Map<string, QueueBacklog> {
  const queues = new Map<string, QueueBacklog>();
  for (const queue of state.pausedQueues) queues.set(queue, emptyQueue(queue, true));
  for (const [queue, rows] of state.due.byQueue()) {
    // Adds this heap to the counts of its queue, which has several heaps.
    const { paused, ...counted } = queues.get(queue) ?? emptyQueue(queue, false);
    let { due, scheduled, oldestDueAt } = counted;
    for (const { dueAt } of rows) {
      if (dueAt! > now) scheduled++;
      else {
        due++;
        oldestDueAt = Math.min(oldestDueAt ?? Infinity, dueAt!);
      }
    }
    queues.set(queue, { queue, paused, due, scheduled, oldestDueAt });
  }
  return queues;
}

function emptyQueue(queue: string, paused: boolean): QueueBacklog {
  return { queue, paused, due: 0, scheduled: 0, oldestDueAt: null };
}

/** Implements {@linkcode Storage.auditGrowth}. */
export function auditGrowth(state: MemoryState): AuditGrowth[] {
  return [
    growthOf(state, "StatusAudit", (row) => row.statusAudit?.map((item) => item.updatedAt)),
    growthOf(state, "RunsAudit", (row) => row.runsAudit?.map((item) => item.executedAt)),
    growthOf(state, "TaskExecutionLog", (row) => row.logs?.map((item) => item.loggedAt)),
  ];
}

function growthOf(
  state: MemoryState,
  table: AuditGrowth["table"],
  instants: (row: TaskRow) => number[] | undefined,
): AuditGrowth {
  let rows = 0;
  let firstAt = Infinity;
  let lastAt = -Infinity;
  for (const row of state.rows.values()) {
    for (const at of instants(row) ?? []) {
      rows++;
      firstAt = Math.min(firstAt, at);
      lastAt = Math.max(lastAt, at);
    }
  }
  const instantsOf = rows === 0 ? { firstAt: null, lastAt: null } : { firstAt, lastAt };
  return auditGrowthOf({ table, rows, isEstimate: false, ...instantsOf });
}
