// Stores new tasks in the memory store, by the task-key rules.

import type { NewTask, PersistResult } from "../../src/storage/requests.ts";
import type { MemoryState } from "./state.ts";
import { newSeries, TaskRow } from "./rows.ts";

/** Stores one task, or finds the task that holds its key. */
export function persistTask(state: MemoryState, task: NewTask, now: number): PersistResult {
  const repeated = state.rows.get(task.id);
  if (repeated !== undefined) {
    const claimed = repeated.leaseToken === 1 && repeated.worker !== null &&
      repeated.worker.id === task.claimFor;
    return { id: task.id, outcome: "created", claimed };
  }
  const existing = task.taskKey === null ? undefined : state.byKey.get(task.taskKey.toWellFormed());
  if (existing === undefined) return create(state, task, now);
  if (existing.worker !== null || existing.status === "InProgress") return keep(existing);
  if (existing.series !== null) {
    if (task.series === null) return keep(existing);
  } else if (existing.ended) {
    state.byKey.delete(existing.taskKey!);
    existing.taskKey = null;
    return create(state, task, now);
  }
  return update(state, existing, task, now);
}

function create(state: MemoryState, task: NewTask, now: number): PersistResult {
  const row = new TaskRow(task, now);
  const dueAt = dueInstant(task, now);
  if (task.status === "WaitingQueue") row.scheduledAt = dueAt;
  state.insert(row);
  state.setStatus(row, task.status, null, now);
  const worker = task.claimFor === null ? undefined : state.workers.get(task.claimFor);
  const claimed = worker !== undefined && worker.registered && task.status === "Queued" &&
    !state.pausedQueues.has(row.queue);
  if (claimed) state.lease(row, worker);
  else state.due.setDue(row, dueAt);
  return { id: row.id, outcome: "created", claimed };
}

function update(state: MemoryState, row: TaskRow, task: NewTask, now: number): PersistResult {
  const known = row.series;
  const keepsNextRun = known !== null && known.nextRunAt !== null &&
    known.schedule === task.series?.schedule;
  const isPaused = known?.paused === true && known.nextRunAt !== null;
  const dueAt = keepsNextRun || isPaused ? row.dueAt : dueInstant(task, now);
  // The task leaves its heap first, because the fields below determine the heap.
  state.due.setDue(row, null);
  row.type = task.type.toWellFormed();
  row.handlerName = task.handlerName.toWellFormed();
  row.payload = task.payload.toWellFormed();
  row.queue = task.queue.toWellFormed();
  row.priority = task.priority;
  state.setTags(row, task.tags.map((tag) => tag.toWellFormed()));
  row.auditLevel = task.auditLevel;
  row.traceContext = task.traceContext;
  row.retryPolicy = task.retryPolicy;
  row.exception = null;
  row.cancelRequested = false;
  row.edits++;
  row.series = task.series === null ? null : newSeries(task.series);
  if (row.series !== null && isPaused) row.series.paused = true;
  if (row.series !== null && known !== null && known.nextRunAt !== null) {
    row.series.runCount = known.runCount;
  }
  if (keepsNextRun) {
    row.series!.nextRunAt = known.nextRunAt;
    row.series!.anchorAt = known.anchorAt;
  } else {
    row.attempt = 0;
    row.lostCount = 0;
    row.rateSlotAt = null;
    row.scheduledAt = task.status === "WaitingQueue" ? dueInstant(task, now) : null;
    if (row.status !== task.status) state.setStatus(row, task.status, null, now);
  }
  state.due.setDue(row, dueAt);
  return { id: row.id, outcome: "updated", claimed: false };
}

function keep(row: TaskRow): PersistResult {
  return { id: row.id, outcome: "existing", claimed: false };
}

/** Returns the due instant of a task. */
export function dueInstant({ due }: Pick<NewTask, "due">, now: number): number {
  return "at" in due ? due.at : now + Math.round(due.inMs);
}
