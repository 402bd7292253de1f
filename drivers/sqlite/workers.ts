// Manages workers: registration, heartbeats, and the release of lost workers' tasks.

import { auditLevelFromNumber } from "../../src/audit/audit_level.ts";
import { allDone } from "../../src/storage/kit/edit_results.ts";
import type { WorkerRecord } from "../../src/storage/records.ts";
import type {
  HeartbeatResult,
  LostTask,
  NewOperatorAction,
  ReleaseLostRequest,
  WorkerRegistration,
} from "../../src/storage/requests.ts";
import { encodeServes } from "../../src/storage/worker_serves.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import { noteAction } from "./actions.ts";
import { AuditWriter } from "./audit_writer.ts";
import type { Connection } from "./connection.ts";
import type { SqliteRow } from "./sqlite_library.ts";
import { pausedQueues } from "./queues.ts";
import { selectWatchers, toWatchers } from "./relay.ts";
import { taskColumns, toTaskRecord, toWorker, workerColumns } from "./rows.ts";
import { countChange } from "./counters.ts";
import { withSynchronous } from "./synchronous.ts";

const insertWorker = "INSERT INTO workers (id, host, serves, started_at_utc, heartbeat_utc) " +
  "VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (id) DO UPDATE SET heartbeat_utc = excluded.heartbeat_utc, " +
  "host = excluded.host, serves = excluded.serves";

/** Registers a worker as alive now. */
export function registerWorker(
  connection: Connection,
  { id, host, serves, process }: WorkerRegistration,
): void {
  const report = withSynchronous(encodeServes(serves, process), connection);
  connection.transaction((now) => connection.run(insertWorker, id, host, report, now));
}

const askToDrain = "UPDATE workers SET draining = 1 WHERE id = ?";

/** Asks a worker to stop; see `Storage.drainWorker`. */
export function drainWorker(
  connection: Connection,
  workerId: string,
  action: NewOperatorAction,
): boolean {
  return connection.transaction((now) => {
    if (connection.run(askToDrain, workerId) === 0) return false;
    noteAction(connection, now, action, allDone);
    countChange(connection, "queue_changes");
    return true;
  });
}

/** Removes a worker. */
export function unregisterWorker(connection: Connection, workerId: string): void {
  connection.transaction(() => connection.run("DELETE FROM workers WHERE id = ?", workerId));
}

/** Returns the registered workers, oldest first. */
export function workers(connection: Connection, now: number): WorkerRecord[] {
  return connection.all(`SELECT ${workerColumns} FROM workers ORDER BY started_at_utc, id`)
    .map((row) => toWorker(row, now));
}

/** Selects workers that hold tasks but are not registered, with one index search per worker. */
export const lostOwners = "WITH RECURSIVE owner(id) AS (" +
  "SELECT min(worker_id) FROM queued_tasks WHERE worker_id IS NOT NULL UNION ALL " +
  "SELECT (SELECT min(worker_id) FROM queued_tasks WHERE worker_id > owner.id) FROM owner " +
  "WHERE owner.id IS NOT NULL) " +
  "SELECT id FROM owner WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM workers)";

const beat = "UPDATE workers SET heartbeat_utc = ? WHERE id = ? RETURNING draining";
const selectOthers = `SELECT (${selectWatchers}) AS watchers, EXISTS (` +
  "SELECT 1 FROM workers WHERE heartbeat_utc NOT BETWEEN ? AND ? AND id <> ?) AS late_or_ahead";
const selectCancelRequests = "SELECT id FROM queued_tasks " +
  "WHERE worker_id = ? AND cancel_requested = 1 ORDER BY id";

/** Records that the worker is alive, and returns the answer to its heartbeat. */
export function heartbeat(
  connection: Connection,
  workerId: string,
  leaseMs: number,
): HeartbeatResult {
  return connection.transaction((now) => {
    const worker = connection.get(beat, now, workerId);
    const alive = worker !== undefined;
    const others = connection.get(selectOthers, now, now - leaseMs, now + leaseMs, workerId)!;
    const requests = alive ? connection.all(selectCancelRequests, workerId) : [];
    return {
      now,
      alive,
      cancelRequests: requests.map((row) => row.id as string),
      pausedQueues: [...pausedQueues(connection)],
      draining: worker?.draining === 1,
      othersLost: others.late_or_ahead === 1 || connection.get(lostOwners) !== undefined,
      watchers: toWatchers(others.watchers!),
    };
  });
}

/** Sets heartbeats in the future to now. They were written by a clock that was ahead. */
const doubtAhead = "UPDATE workers SET heartbeat_utc = ? WHERE heartbeat_utc > ?";
const removeLate = "DELETE FROM workers WHERE heartbeat_utc < ?";
const selectHeld = `SELECT ${taskColumns} FROM queued_tasks WHERE worker_id = ? ORDER BY id`;

const makeLostDue = "UPDATE queued_tasks SET status = 'ServiceStopped', exception = ?, " +
  "lost_count = ?, attempt = max(attempt - ?, 0), worker_id = NULL, due_at_utc = ? WHERE id = ?";

const failPoisoned = "UPDATE queued_tasks SET status = 'Failed', exception = ?, lost_count = ?, " +
  "worker_id = NULL, next_run_utc = NULL, cancel_requested = 0, rate_slot_utc = NULL WHERE id = ?";

/** Releases the tasks of lost workers; see `Storage.releaseLost`. */
export function releaseLost(
  connection: Connection,
  request: ReleaseLostRequest,
): LostTask[] {
  return connection.transaction((now) => {
    connection.run(doubtAhead, now, now + request.leaseMs);
    connection.run(removeLate, now - request.leaseMs);
    const rows = connection.all(lostOwners)
      .flatMap((owner) => connection.all(selectHeld, owner.id as string));
    if (rows.length === 0) return [];
    const audit = new AuditWriter(connection, now, rows.length);
    const lost = rows.map((row) => releaseOne(connection, now, audit, row, request));
    audit.flush();
    countChange(connection, "task_changes");
    return lost;
  });
}

function releaseOne(
  connection: Connection,
  now: number,
  audit: AuditWriter,
  row: SqliteRow,
  { poisonLimit, poisonReason, lostReason }: ReleaseLostRequest,
): LostTask {
  const { id, type, queue, lostCount: before, workerId, status: last } = toTaskRecord(row);
  const wasRunning = last === "InProgress";
  const lostCount = Math.min(
    wasRunning || before === 0 ? before + 1 : before,
    2_147_483_647, // keeps the count of a damaged row a 32-bit integer
  );
  const poisoned = wasRunning && lostCount > poisonLimit;
  const status: TaskStatus = poisoned ? "Failed" : "ServiceStopped";
  const exception = poisoned ? poisonReason : lostReason;
  if (poisoned) connection.run(failPoisoned, exception, lostCount, id);
  else connection.run(makeLostDue, exception, lostCount, lostCount === before ? 1 : 0, now, id);
  const level = auditLevelFromNumber(row.audit_level as number | null);
  audit.addTransitions(id, level, [{ status, exception, agoMs: 0 }]);
  return { taskId: id, type, queue, workerId: workerId!, lostCount, poisoned };
}
