// The registration and heartbeats of workers, and the release of lost workers' tasks.

import {
  decodeProcess,
  decodeServes,
  encodeServes,
  type HeartbeatResult,
  type LostTask,
  type ReleaseLostRequest,
  type WorkerRecord,
  type WorkerRegistration,
} from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { endLease } from "./rows.ts";

/** Adds or updates a worker. */
export function registerWorker(
  { workers }: MapDatabase,
  { id, host, serves, process }: WorkerRegistration,
  now: number,
): void {
  const known = workers.get(id);
  const startedAt = known?.startedAt ?? now;
  const draining = known?.draining ?? false;
  const served = encodeServes(serves, process);
  workers.set(id, { id, host, startedAt, draining, serves: served, heartbeatAt: now });
}

/** Returns all workers, ordered by registration. */
export function listWorkers({ workers }: MapDatabase, now: number): WorkerRecord[] {
  return [...workers.values()]
    .sort((a, b) => a.startedAt - b.startedAt)
    .map((worker) => ({
      ...worker,
      serves: decodeServes(worker.serves),
      process: decodeProcess(worker.serves),
      heartbeatAgeMs: now - worker.heartbeatAt,
    }));
}

/** Records a heartbeat, and returns its result. */
export function heartbeat(
  database: MapDatabase,
  workerId: string,
  leaseMs: number,
  now: number,
): HeartbeatResult {
  const { workers, rows, paused } = database;
  const worker = workers.get(workerId);
  if (worker !== undefined) worker.heartbeatAt = now;
  const held = worker === undefined ? [] : database.heldBy(workerId);
  return {
    now,
    alive: worker !== undefined,
    cancelRequests: held.filter((row) => row.cancelRequested).map(({ id }) => id),
    pausedQueues: [...paused],
    draining: worker?.draining ?? false,
    othersLost:
      [...workers.values()].some(({ heartbeatAt }) => Math.abs(now - heartbeatAt) > leaseMs) ||
      [...rows.values()].some((row) => row.workerId !== null && !workers.has(row.workerId)),
    watchers: database.events.watchers(now),
  };
}

/** Releases the tasks of workers whose heartbeat is late or that are not registered. */
export function releaseLost(
  database: MapDatabase,
  request: ReleaseLostRequest,
  now: number,
): LostTask[] {
  const { workers, rows } = database;
  for (const worker of workers.values()) {
    const ageMs = now - worker.heartbeatAt;
    if (-ageMs > request.leaseMs) worker.heartbeatAt = now;
    if (ageMs > request.leaseMs) workers.delete(worker.id);
  }
  const lost = [...rows.values()].filter(({ workerId }) =>
    workerId !== null && !workers.has(workerId)
  );
  return lost.map((row) => {
    const { id: taskId, type, queue, status } = row;
    const workerId = row.workerId!;
    const wasRunning = status === "InProgress";
    if (wasRunning || row.lostCount === 0) row.lostCount++;
    else row.attempt = Math.max(0, row.attempt - 1);
    const poisoned = wasRunning && row.lostCount > request.poisonLimit;
    if (poisoned && row.series !== null) row.series.nextRunAt = null;
    if (poisoned) database.setStatus(row, "Failed", request.poisonReason, now);
    else database.setStatus(row, "ServiceStopped", request.lostReason, now);
    endLease(row, poisoned ? null : now, now);
    return { taskId, type, queue, workerId, lostCount: row.lostCount, poisoned };
  });
}
