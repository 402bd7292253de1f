// Implements purge: deletes history by the retention policy. Scans each table once along its
// primary key, in short transactions, so that writers wait only briefly and the event loop runs in
// between. There is no index on time, because it would cost more per row of history than this scan.
//
// A scan ends at the first id that is too young for expired rows, because ids of version 7 begin
// with the time of their creation. It reads the whole tables if the newest id is ahead of the
// clock, at the first scan of a policy, and again after some minutes: a process whose clock was
// ahead may have made ids, or they have another version.

import {
  nothingPurged,
  type PurgeBatch,
  purgeInBatches,
  purgeProgress,
} from "../../src/storage/kit/purge_in_batches.ts";
import {
  type OperatedPurge,
  type PurgeOptions,
  type PurgeResult,
  type RetentionPolicy,
  unfinishedPurge,
} from "../../src/storage/retention.ts";
import { systemClock } from "../../src/time/clock.ts";
import { isInTurn, noteProgress } from "./actions.ts";
import type { Connection } from "./connection.ts";
import type { DatabaseAccess } from "./database.ts";
import {
  countSome,
  cutoffs,
  dayMs,
  deleteSome,
  mostLines,
  type Step,
  taskAge,
  type Walk,
  walks,
} from "./expired_rows.ts";
import { afterWalk, isLast, type Position, startOf, withEnd } from "./purge_position.ts";
import { PurgeTurn } from "./purge_turn.ts";
import { pastAllIds } from "./rows.ts";
import type { SqliteRow } from "./sqlite_library.ts";

/** The number of rows in the first transaction, and the limits of later ones. */
const firstRows = 2_000;
const fewestRows = 500;
const mostRows = 10_000;

/**
 * The duration of a transaction, by which the next one is sized, in milliseconds. Other work of the
 * process waits for so long, and runs between the transactions.
 */
const stepMs = 5;

/** The time after which idle rate limit keys are deleted, in milliseconds. */
const idleRateLimitMs = dayMs;

/** The interval between scans of the whole tables, in milliseconds. */
const scanAllEveryMs = 600_000;

/**
 * The maximum time by which clocks of processes may be ahead without a scan of the whole tables, in
 * milliseconds; at most a tenth of the retention.
 */
const mostAheadMs = 60_000;

/** Does each transaction of a purge, and waits while another process holds the file's lock. */
type Access = Pick<DatabaseAccess, "do">;

/** Purges the history of one store. */
export class Purge {
  #position: Position | undefined;
  /** The number of rows to read in one transaction. */
  #rows = firstRows;
  /** The policy of the last scan of the whole tables, and its end by the monotonic clock. */
  #scannedAll = { policy: "", at: -Infinity };

  /** Resolves when the running calls have ended. */
  #running: Promise<unknown> = Promise.resolve();
  #isEnding = false;

  /** Deletes expired rows; see `Storage.purge`. */
  run(access: Access, policy: RetentionPolicy, options: PurgeOptions): Promise<PurgeResult> {
    const result = this.#delete(access, policy, options);
    this.#running = Promise.allSettled([this.#running, result]);
    return result;
  }

  /** Lets running calls end after their next step, before the connection is closed. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#running;
    this.#isEnding = false;
  }

  async #delete(
    access: Access,
    policy: RetentionPolicy,
    { budget, dryRun = false, by }: PurgeOptions,
  ): Promise<PurgeResult> {
    const position = dryRun ? undefined : this.#position;
    const text = JSON.stringify(policy);
    const { now, newest } = await access.do((connection, now) => ({
      now,
      newest: newestId(connection),
    }));
    const limits = cutoffs(policy, now);
    const latest = Math.max(0, ...limits.map((at, index) => index === mostLines ? 0 : at ?? 0));
    const aheadMs = Math.min(mostAheadMs, (now - latest) / 10);
    const scansAll = dryRun || this.#scansAll(text) || newest > now + aheadMs;
    let at = position?.policy === text ? position : startOf(text, scansAll);
    const actionsBefore = actionsCutoff(policy, now);
    const deletesTasks = limits[taskAge] !== null;
    const endOf = (readsAll: boolean, walk?: Walk) =>
      readsAll || readsAllLines(walk, limits) ? pastAllIds : firstIdAt(latest + aheadMs);
    const turn = new PurgeTurn();
    let isEnded = false;
    const runBatch = async (limit: number, by?: OperatedPurge): Promise<PurgeBatch | null> => {
      if (limit <= 0) return { ...nothingPurged, done: false };
      if (this.#isEnding) {
        isEnded = true;
        return null;
      }
      const { key, readsAll } = at;
      const walk = walks[at.walk]!;
      const rows = Math.min(limit, this.#rows);
      let startedAt = 0;
      let step: Step | undefined;
      const scan = (connection: Connection): PurgeBatch => {
        startedAt = systemClock.monotonic();
        at = withEnd(connection, at, deletesTasks ? endOf(readsAll) : null);
        const values = [...limits, at.until ?? endOf(readsAll, walk)];
        step = (dryRun ? countSome : deleteSome)(connection, walk, values, key, rows);
        const done = step.next === undefined && isLast(at);
        return { ...nothingPurged, [walk.counts]: step.rows, done };
      };
      const scanAndForget = (connection: Connection): PurgeBatch => {
        return { ...scan(connection), operatorActions: forgetActions(connection, actionsBefore) };
      };
      const batch = await access.do((connection) =>
        dryRun ? scan(connection) : record(connection, turn, by, () => scanAndForget(connection))
      );
      if (batch === null || step === undefined) return batch;
      if (rows === this.#rows && step.next !== undefined) {
        this.#resize(systemClock.monotonic() - startedAt);
      }
      if (step.next !== undefined) at = { ...at, key: step.next };
      else if (!batch.done) at = afterWalk(at);
      if (!dryRun) this.#position = batch.done ? undefined : at;
      if (!dryRun && batch.done && readsAll) {
        this.#scannedAll = { policy: text, at: systemClock.monotonic() };
      }
      await otherWork();
      return batch;
    };
    try {
      const most = dryRun ? Infinity : budget;
      const purged = await purgeInBatches(most, mostRows, runBatch, by);
      const result = { ...purged, busy: purged.busy && !isEnded };
      if (!dryRun) return result;
      const operatorActions = await access.do((each) => countActions(each, actionsBefore));
      return { ...result, operatorActions };
    } finally {
      if (!dryRun) await endTurn(access, turn);
    }
  }

  /** Sizes the next transaction, after one that took `ms` milliseconds. */
  #resize(ms: number): void {
    const wanted = this.#rows * Math.min(2, stepMs / Math.max(1, ms));
    this.#rows = Math.round(Math.min(mostRows, Math.max(fewestRows, wanted)));
  }

  /** Whether it is time for a scan of the whole tables. */
  #scansAll(text: string): boolean {
    const { policy, at } = this.#scannedAll;
    return policy !== text || systemClock.monotonic() - at >= scanAllEveryMs;
  }
}

/** Ends a turn. If that fails, the turn ends after a while by itself. */
async function endTurn(access: Access, turn: PurgeTurn): Promise<void> {
  try {
    await access.do((connection) => connection.transaction(() => turn.end(connection)));
  } catch {
    // The purge has its own result.
  }
}

/** Whether a walk reads the lines of tasks of any age, because their number is limited. */
function readsAllLines(walk: Walk | undefined, limits: readonly (number | null)[]): boolean {
  return walk?.counts === "executionLog" && limits[mostLines] !== null;
}

/** Returns the first id that a task can have that was created at `instant`. */
function firstIdAt(instant: number): string {
  const digits = Math.round(instant).toString(16).padStart(12, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}

/** Returns the instant in the newest id, by the clock of the process that made it. */
function newestId(connection: Connection): number {
  const { id } = connection.get("SELECT max(id) AS id FROM queued_tasks") as SqliteRow;
  return id === null ? 0 : parseInt((id as string).replace("-", "").slice(0, 12), 16);
}

/**
 * Lets all other ready work of the process run. Does not use the injected clock, which a test may
 * have stopped.
 */
function otherWork(): Promise<void> {
  return new Promise((resume) => void systemClock.setTimer(resume, 0));
}

// Later actions have larger ids, so the statement reads only the rows that it deletes.
const oldActions = "FROM operator_actions WHERE id < coalesce(" +
  "(SELECT id FROM operator_actions WHERE at_utc >= ?1 ORDER BY id LIMIT 1), ?2)";

/** Returns the instant before which operator actions are deleted; null for no limit. */
function actionsCutoff({ operatorActionDays }: RetentionPolicy, now: number): number | null {
  return operatorActionDays! > 0 ? Math.round(now - operatorActionDays! * dayMs) : null;
}

/** Deletes old operator actions. Returns their number. */
function forgetActions(connection: Connection, before: number | null): number {
  return before === null ? 0 : connection.run(`DELETE ${oldActions}`, before, Infinity);
}

function countActions(connection: Connection, before: number | null): number {
  if (before === null) return 0;
  return connection.get(`SELECT count(*) AS total ${oldActions}`, before, Infinity)!
    .total as number;
}

/** Deletes expired state of rate limits: keys with full budgets, and unused slots. */
function forgetRateLimits(connection: Connection, now: number): void {
  const before = now - idleRateLimitMs;
  connection.run(
    "DELETE FROM rate_limits WHERE max(reserved_tat_utc, started_tat_utc) < ?",
    before,
  );
  connection.run("DELETE FROM returned_rate_slots WHERE slot_at_utc < ?", before);
}

/**
 * Runs one batch in a transaction, and records it for the operator. Returns null if another process
 * has the turn.
 */
function record(
  connection: Connection,
  turn: PurgeTurn,
  by: OperatedPurge | undefined,
  deleteBatch: () => PurgeBatch,
): PurgeBatch | null {
  return connection.transaction((now) => {
    const isFirst = !turn.isOurs;
    if (!turn.take(connection, now)) return null;
    const continues = by?.continues ?? null;
    if (continues !== null && !isInTurn(connection, continues, unfinishedPurge)) {
      return { ...nothingPurged, done: false };
    }
    if (isFirst) forgetRateLimits(connection, now);
    const batch = deleteBatch();
    if (by === undefined) return batch;
    const progress = purgeProgress(batch);
    return { ...batch, actionId: noteProgress(connection, now, by.action, continues, progress) };
  });
}
