// Implements claim and nextDueAt. Reads the index of claimable tasks without scanning the tasks
// that are due later.

import { WorkerLostError } from "../../src/storage/errors.ts";
import type { ClaimedTask, SeriesRecord } from "../../src/storage/records.ts";
import type { ClaimRequest, ClaimResult } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";
import { pausedQueues } from "./queues.ts";
import {
  byDueInstant,
  type ClaimedRow,
  claimedTaskColumns,
  recurringId,
  seriesColumns,
  toClaimedTask,
  toSeries,
} from "./rows.ts";

/**
 * Finds the next lower rank of a queue. Tasks are claimed by priority, and by due instant within a
 * priority. A scan of the index in that order would read every future task of a higher priority, so
 * each rank is searched separately.
 */
export const nextRank = "SELECT claim_rank FROM queued_tasks INDEXED BY queued_tasks_due " +
  "WHERE due_at_utc IS NOT NULL AND queue_name = ? AND claim_rank < ? " +
  "ORDER BY claim_rank DESC LIMIT 1";
/** A rank above all ranks. */
export const aboveRanks = 2 * 32768;

/**
 * Returns the lower of the two ranks of a priority, given either of them. It is the rank of tasks
 * that were dispatched to run at once. The rank of the priority's other tasks is higher by one.
 */
function immediateRank(rank: number): number {
  return rank - Math.abs(rank % 2);
}

/** Selects the due tasks of one rank. The parameters are queue, rank, now, the types, limit. */
export function selectDue(columns: string, types: number): string {
  return `SELECT ${columns} FROM queued_tasks INDEXED BY queued_tasks_due ` +
    `WHERE queue_name = ? AND claim_rank = ? AND due_at_utc <= ? AND type IN (${marks(types)}) ` +
    "ORDER BY due_at_utc, id LIMIT ?";
}

/** Returns SQL for a counter after a claim. {@linkcode toClaimedTask} computes the same number. */
function nextCount(column: string): string {
  return `min(max(${column}, 0), 2147483646) + 1`;
}

/** Claims the tasks that {@linkcode selectDue} finds. */
export function claimDue(types: number): string {
  return `UPDATE queued_tasks SET worker_id = ?, attempt = ${nextCount("attempt")}, ` +
    `lease_token = ${nextCount("lease_token")}, due_at_utc = NULL ` +
    `WHERE rowid IN (${selectDue("rowid", types)})`;
}

/** Selects the first due instant of one rank. The parameters are queue, rank, the types. */
export function selectNextDue(types: number): string {
  return "SELECT due_at_utc FROM queued_tasks INDEXED BY queued_tasks_due " +
    "WHERE due_at_utc IS NOT NULL AND queue_name = ? AND claim_rank = ? " +
    `AND type IN (${marks(types)}) ORDER BY due_at_utc LIMIT 1`;
}

function marks(count: number): string {
  return Array(count).fill("?").join(", ");
}

/**
 * The texts of the statements above, cached by the number of types, which is constant for a worker.
 */
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

/** Claims due tasks for a worker; see `Storage.claim`. */
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
  for (const ranks of ranksByPriority(connection, queue)) {
    const left = limit - claimed.length;
    if (left <= 0) break;
    const due = ranks.map((rank) =>
      connection.values(statements.select, queue, rank, now, ...types, left)
    );
    const taken = firstOf(due, left);
    for (const [i, rank] of ranks.entries()) {
      const count = due[i]!.filter((row) => taken.has(row)).length;
      if (count === 0) continue;
      connection.run(statements.claim, workerId, queue, rank, now, ...types, count);
    }
    for (const row of taken) claimed.push(toClaimedTask(row, queue, seriesOf(connection, row)));
  }
  return claimed;
}

/** Returns the first `count` tasks of several lists that are in the order of claiming. */
function firstOf(lists: readonly ClaimedRow[][], count: number): ReadonlySet<ClaimedRow> {
  const [one = [], ...others] = lists.filter((rows) => rows.length > 0);
  if (others.length === 0) return new Set(one);
  const all = one.concat(...others);
  all.sort(byDueInstant);
  return new Set(all.slice(0, count));
}

const selectSeries = `SELECT ${seriesColumns} FROM queued_tasks WHERE id = ?`;

function seriesOf(connection: Connection, row: ClaimedRow): SeriesRecord | null {
  const id = recurringId(row);
  return id === null ? null : toSeries(connection.get(selectSeries, id)!);
}

/**
 * Yields the ranks of a queue's claimable tasks, one or two per priority, highest priority first.
 */
function* ranksByPriority(connection: Connection, queue: string): Generator<readonly number[]> {
  let below = aboveRanks;
  while (true) {
    const row = connection.get(nextRank, queue, below);
    if (row === undefined) return;
    const rank = row.claim_rank as number;
    below = immediateRank(rank);
    yield rank === below ? [rank] : [rank, below];
  }
}

/** Returns the earliest due instant of these types in these queues; null if there is none. */
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
    for (const rank of [...ranksByPriority(connection, queue)].flat()) {
      const row = connection.get(next, queue, rank, ...types);
      if (row !== undefined) earliest = Math.min(earliest, row.due_at_utc as number);
    }
  }
  return earliest === Infinity ? null : earliest;
}
