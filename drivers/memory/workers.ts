// Manages workers in the memory store: heartbeats, and the release of lost workers' tasks.

import { allDone } from "../../src/storage/kit/edit_results.ts";
import { encodeServes } from "../../src/storage/worker_serves.ts";
import type {
  HeartbeatResult,
  LostTask,
  NewOperatorAction,
  ReleaseLostRequest,
  WorkerRegistration,
} from "../../src/storage/requests.ts";
import { noteAction } from "./actions.ts";
import type { MemoryState } from "./state.ts";
import type { TaskRow, Worker } from "./rows.ts";

/** Implements {@linkcode Storage.registerWorker}. */
export function register(
  state: MemoryState,
  { id, host, serves: served, process }: WorkerRegistration,
  now: number,
): void {
  const serves = encodeServes(served, process);
  const known = state.workers.get(id);
  if (known === undefined) {
    const tasks = new Set<TaskRow>();
    const times = { startedAt: now, heartbeatAt: now };
    state.workers.set(id, {
      ...{ id, host, serves, ...times },
      ...{ registered: true, draining: false, tasks },
    });
  } else {
    if (!known.registered) known.startedAt = now;
    known.host = host;
    known.serves = serves;
    known.heartbeatAt = now;
    known.registered = true;
  }
}

/** Implements {@linkcode Storage.heartbeat}. */
export function heartbeat(
  state: MemoryState,
  workerId: string,
  leaseMs: number,
  now: number,
): HeartbeatResult {
  const worker = state.workers.get(workerId);
  const alive = worker !== undefined && worker.registered;
  if (alive) worker.heartbeatAt = now;
  const cancelRequests: string[] = [];
  for (const row of alive ? worker.tasks : []) {
    if (row.cancelRequested) cancelRequests.push(row.id);
  }
  const workers = [...state.workers.values()];
  return {
    now,
    alive,
    cancelRequests,
    pausedQueues: [...state.pausedQueues],
    draining: alive && worker.draining,
    othersLost: workers.some((other) =>
      other.registered
        ? isLate(other, leaseMs, now) || isAhead(other, leaseMs, now)
        : other.tasks.size > 0
    ),
    watchers: state.events.watchers(now),
  };
}

/** Implements {@linkcode Storage.drainWorker}. */
export function drain(
  state: MemoryState,
  workerId: string,
  action: NewOperatorAction,
  now: number,
): boolean {
  const worker = state.workers.get(workerId);
  if (!worker?.registered) return false;
  worker.draining = true;
  noteAction(state, action, allDone, now);
  return true;
}

/** Implements {@linkcode Storage.unregisterWorker}. */
export function unregister(state: MemoryState, workerId: string): void {
  const worker = state.workers.get(workerId);
  if (worker === undefined) return;
  worker.registered = false;
  if (worker.tasks.size === 0) state.workers.delete(workerId);
}

/** Implements {@linkcode Storage.releaseLost}. */
export function releaseLost(
  state: MemoryState,
  request: ReleaseLostRequest,
  now: number,
): LostTask[] {
  const lost: LostTask[] = [];
  for (const worker of [...state.workers.values()]) {
    // A heartbeat in the future was written by a clock that was ahead. It is set to now.
    if (isAhead(worker, request.leaseMs, now)) worker.heartbeatAt = now;
    if (worker.registered && !isLate(worker, request.leaseMs, now)) continue;
    worker.registered = false;
    for (const row of [...worker.tasks]) {
      const poisoned = takeFromLost(state, row, request, now);
      const { id: taskId, type, queue, lostCount } = row;
      lost.push({ taskId, type, queue, workerId: worker.id, lostCount, poisoned });
    }
    state.workers.delete(worker.id);
  }
  return lost;
}

function takeFromLost(
  state: MemoryState,
  row: TaskRow,
  request: ReleaseLostRequest,
  now: number,
): boolean {
  const wasRunning = row.status === "InProgress";
  if (wasRunning || row.lostCount === 0) row.lostCount++;
  else row.attempt = Math.max(0, row.attempt - 1);
  if (wasRunning && row.lostCount > request.poisonLimit) {
    state.setStatus(row, "Failed", request.poisonReason, now);
    if (row.series !== null) row.series.nextRunAt = null;
    state.endLease(row, null, now);
    return true;
  }
  state.setStatus(row, "ServiceStopped", request.lostReason, now);
  state.endLease(row, now, now);
  return false;
}

function isAhead(worker: Worker, leaseMs: number, now: number): boolean {
  return worker.heartbeatAt - now > leaseMs;
}

function isLate(worker: Worker, leaseMs: number, now: number): boolean {
  return now - worker.heartbeatAt > leaseMs;
}
