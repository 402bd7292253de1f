// Stores dispatched tasks by the rules of task keys.

import type { NewTask, PersistResult } from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { dueInstant, fieldsOf, hasEnded, lease, type Row, startAnew, wellFormed } from "./rows.ts";

/** Stores a task, or handles a conflict with the task that has its key. */
export function persist(database: MapDatabase, task: NewTask, now: number): PersistResult {
  const { rows } = database;
  const repeated = rows.get(task.id);
  if (repeated !== undefined) {
    const claimed = repeated.leaseToken === 1 && repeated.workerId !== null &&
      repeated.workerId === task.claimFor;
    return { id: task.id, outcome: "created", claimed };
  }
  const existing = task.taskKey === null ? undefined : database.byKey(task.taskKey);
  if (existing === undefined) return create(database, task, now);
  const isBusy = existing.workerId !== null || existing.status === "InProgress";
  if (isBusy || existing.series !== null && task.series === null) {
    return { id: existing.id, outcome: "existing", claimed: false };
  }
  if (existing.series !== null || !hasEnded(existing)) return update(database, existing, task, now);
  existing.taskKey = null;
  return create(database, task, now);
}

function create(database: MapDatabase, task: NewTask, now: number): PersistResult {
  const { rows, workers, paused } = database;
  const row: Row = {
    ...fieldsOf(task),
    id: task.id,
    status: task.status,
    taskKey: task.taskKey === null ? null : wellFormed(task.taskKey),
    createdAt: now,
    scheduledAt: task.status === "WaitingQueue" ? dueInstant(task, now) : null,
    dueAt: dueInstant(task, now),
    lastExecutionAt: null,
    executionTimeMs: null,
    attempt: 0,
    lostCount: 0,
    workerId: null,
    leaseToken: 0,
    rateSlotAt: null,
    statusAudit: [],
    runsAudit: [],
    logs: [],
    lines: 0,
    edits: 0,
  };
  rows.set(row.id, row);
  database.setStatus(row, task.status, null, now);
  const claimed = task.claimFor !== null && workers.has(task.claimFor) &&
    task.status === "Queued" && !paused.has(row.queue);
  if (claimed) lease(row, task.claimFor!);
  return { id: row.id, outcome: "created", claimed };
}

function update(database: MapDatabase, row: Row, task: NewTask, now: number): PersistResult {
  const known = row.series;
  const isAlive = known !== null && known.nextRunAt !== null;
  Object.assign(row, fieldsOf(task));
  row.edits++;
  if (isAlive) row.series!.runCount = known.runCount;
  if (isAlive && known.paused) row.series!.paused = true;
  if (isAlive && known.schedule === task.series?.schedule) {
    row.series!.nextRunAt = known.nextRunAt;
    row.series!.anchorAt = known.anchorAt;
  } else {
    startAnew(row);
    const dueAt = dueInstant(task, now);
    if (!row.series?.paused) row.dueAt = dueAt;
    row.scheduledAt = task.status === "WaitingQueue" ? dueAt : null;
    if (row.status !== task.status) database.setStatus(row, task.status, null, now);
  }
  return { id: row.id, outcome: "updated", claimed: false };
}
