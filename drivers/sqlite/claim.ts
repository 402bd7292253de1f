// claim and nextDueAt: reading the index of claimable tasks without ever walking over those that are due later.

import { WorkerLostError } from "../../src/storage/errors.ts";
import type { ClaimedTask, SeriesRecord } from "../../src/storage/records.ts";
import type { ClaimRequest, ClaimResult } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";
import type { SqliteRow } from "./database.ts";
import { pausedQueues } from "./queues.ts";
import { claimedTaskColumns, seriesColumns, toClaimedTask, toSeries } from "./rows.ts";

/**
 * Tasks of a queue are claimed by priority, and by due instant within a priority. Walking the index in that order would pass
 * over every future task of a higher priority; so each priority that occurs is sought by itself, with one search.
 */
export const nextPriority = "SELECT priority FROM queued_tasks INDEXED BY queued_tasks_due " +
  "WHERE due_at_utc IS NOT NULL AND queue_name = ? AND priority < ? ORDER BY priority DESC LIMIT 1";
const abovePriorities = 32768;

/** The due tasks of one priority: parameters are queue, priority, now, the types, limit. */
export function selectDue(columns: string, types: number): string {
  return `SELECT ${columns} FROM queued_tasks INDEXED BY queued_tasks_due ` +
    `WHERE queue_name = ? AND priority = ? AND due_at_utc <= ? AND type IN (${marks(types)}) ` +
    "ORDER BY due_at_utc, id LIMIT ?";
}

/** Claims the tasks that {@linkcode selectDue} finds. */
export function claimDue(types: number): string {
  return "UPDATE queued_tasks SET worker_id = ?, attempt = attempt + 1, " +
    "lease_token = lease_token + 1, due_at_utc = NULL " +
    `WHERE rowid IN (${selectDue("rowid", types)})`;
}

/** The first instant at which a task of one priority is due: parameters are queue, priority, the types. */
export function selectNextDue(types: number): string {
  return "SELECT due_at_utc FROM queued_tasks INDEXED BY queued_tasks_due " +
    "WHERE due_at_utc IS NOT NULL AND queue_name = ? AND priority = ? " +
    `AND type IN (${marks(types)}) ORDER BY due_at_utc LIMIT 1`;
}

function marks(count: number): string {
  return Array(count).fill("?").join(", ");
}

/** The texts of the statements above by the number of types, which is the same for a worker's whole life. */
class ClaimStatements {
  readonly select: string;
  readonly claim: string;
  readonly next: string;

  static readonly #byTypes = new Map<number, ClaimStatements>();

  constructor(types: number) {
    this.select = selectDue(claimedTaskColumns, types);
    this.claim = claimDue(types);
    this.next = selectNextDue(types);
  }

  static for(types: number): ClaimStatements {
    let statements = this.#byTypes.get(types);
    if (statements === undefined) this.#byTypes.set(types, statements = new ClaimStatements(types));
    return statements;
  }
}

/** Takes due tasks for a worker; see `Storage.claim`. */
export function claim(connection: Connection, request: ClaimRequest): ClaimResult {
  return connection.transaction((now) => {
    const worker = connection.get("SELECT 1 FROM workers WHERE id = ?", request.workerId);
    if (worker === undefined) throw new WorkerLostError(request.workerId);
    const paused = pausedQueues(connection);
    const tasks = request.queues
      .filter(({ name }) => !paused.has(name))
      .flatMap(({ name, limit }) => claimFromQueue(connection, now, request, name, limit));
    return { now, tasks };
  });
}

function claimFromQueue(
  connection: Connection,
  now: number,
  { workerId, types }: ClaimRequest,
  queue: string,
  limit: number,
): ClaimedTask[] {
  if (types.length === 0) return [];
  const statements = ClaimStatements.for(types.length);
  const claimed: ClaimedTask[] = [];
  for (const priority of priorities(connection, queue)) {
    const left = limit - claimed.length;
    if (left <= 0) break;
    const due = [queue, priority, now, ...types, left];
    const rows = connection.all(statements.select, ...due);
    if (rows.length === 0) continue;
    connection.run(statements.claim, workerId, ...due);
    for (const row of rows) claimed.push(toClaimedTask(row, queue, seriesOf(connection, row)));
  }
  return claimed;
}

const selectSeries = `SELECT ${seriesColumns} FROM queued_tasks WHERE id = ?`;

function seriesOf(connection: Connection, row: SqliteRow): SeriesRecord | null {
  return row.recurring === 1 ? toSeries(connection.get(selectSeries, row.id!)!) : null;
}

/** The priorities that occur among a queue's claimable tasks, highest first. */
function* priorities(connection: Connection, queue: string): Generator<number> {
  let priority = abovePriorities;
  while (true) {
    const row = connection.get(nextPriority, queue, priority);
    if (row === undefined) return;
    yield priority = row.priority as number;
  }
}

/** The earliest instant at which one of these types becomes due in one of these queues; null: none. */
export function nextDueAt(
  connection: Connection,
  queues: readonly string[],
  types: readonly string[],
): number | null {
  if (types.length === 0) return null;
  const { next } = ClaimStatements.for(types.length);
  const paused = pausedQueues(connection);
  let earliest = Infinity;
  for (const queue of queues) {
    if (paused.has(queue)) continue;
    for (const priority of priorities(connection, queue)) {
      const row = connection.get(next, queue, priority, ...types);
      if (row !== undefined) earliest = Math.min(earliest, row.due_at_utc as number);
    }
  }
  return earliest === Infinity ? null : earliest;
}
