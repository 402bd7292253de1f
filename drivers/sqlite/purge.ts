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
import { PurgeTurn } from "./purge_turn.ts";
import { removeTags } from "./tags.ts";
import type { SqliteRow, SqliteValue } from "./sqlite_library.ts";

const dayMs = 86_400_000;

/** The number of rows read in one transaction, which takes some milliseconds. */
const rowsAtATime = 2000;

/** The time after which idle rate limit keys are deleted, in milliseconds. */
const idleRateLimitMs = dayMs;

/** The interval between scans of the whole tables, in milliseconds. */
const scanAllEveryMs = 600_000;

/**
 * The maximum time by which clocks of processes may be ahead without a scan of the whole tables, in
 * milliseconds; at most a tenth of the retention.
 */
const mostAheadMs = 60_000;

/** The index of the number of log lines among the cutoffs. The others are instants. */
const mostLines = 5;

/** A text that is greater than every id. */
const pastAllIds = "g";

type Counted = "statusAudit" | "runsAudit" | "executionLog" | "tasks";

/** The scan of one table. */
interface Walk {
  readonly counts: Counted;
  readonly table: string;
  /** The primary key, of which the first column is the task's id. */
  readonly key: readonly [string, ...string[]];
  /** A key that is below every key of a row. */
  readonly start: readonly SqliteValue[];
  /** The condition of rows to delete. */
  readonly mayGo: string;
  /**
   * The same condition for a dry run, in which the rows of the previous tables have not been
   * deleted.
   */
  readonly wouldGo: string;
}

// The cutoffs are the first seven parameters of statements with these conditions; see `cutoffs`.
// The eighth is the id at which the scan ends.
const statusMayGo = "updated_at_utc < iif(exception IS NULL, ?1, ?2)";
const runMayGo = "executed_at_utc < iif(exception IS NULL, ?3, ?4)";
const lineMayGo = "(logged_at_utc < ?5 OR sequence <= (SELECT max(newest.sequence) " +
  "FROM task_execution_log AS newest WHERE newest.task_id = task_execution_log.task_id) - ?6)";

function taskMayGo(stays: (mayGo: string) => string): string {
  const noneIn = (table: string, column: string, mayGo: string) =>
    `NOT EXISTS (SELECT 1 FROM ${table} WHERE ${column} = queued_tasks.id${stays(mayGo)})`;
  return [
    "recurring_task IS NULL AND status IN ('Completed', 'Cancelled')",
    "worker_id IS NULL AND due_at_utc IS NULL",
    "coalesce(last_execution_utc, created_at_utc) < ?7",
    noneIn("status_audit", "queued_task_id", statusMayGo),
    noneIn("runs_audit", "queued_task_id", runMayGo),
    noneIn("task_execution_log", "task_id", lineMayGo),
  ].join(" AND ");
}

const walks: readonly Walk[] = [
  history("statusAudit", "status_audit", "queued_task_id", statusMayGo),
  history("runsAudit", "runs_audit", "queued_task_id", runMayGo),
  history("executionLog", "task_execution_log", "task_id", lineMayGo),
  {
    counts: "tasks",
    table: "queued_tasks",
    key: ["id"],
    start: [""],
    mayGo: taskMayGo(() => ""),
    wouldGo: taskMayGo((mayGo) => ` AND (${mayGo}) IS NOT TRUE`),
  },
];

function history(counts: Counted, table: string, task: string, mayGo: string): Walk {
  return { counts, table, key: [task, "sequence"], start: ["", 0], mayGo, wouldGo: mayGo };
}

/**
 * The position at which the next call resumes a purge that has used up its budget, so that no row
 * is read twice.
 */
interface Position {
  readonly policy: string;
  /** Whether the scan reads the whole tables. */
  readonly readsAll: boolean;
  readonly walk: number;
  readonly key: readonly SqliteValue[];
}

/** Returns the start of a scan. */
function startOf(policy: string, readsAll: boolean, walk = 0): Position {
  return { policy, readsAll, walk, key: walks[walk]?.start ?? [] };
}

/** Purges the history of one store. */
export class Purge {
  #position: Position | undefined;
  /** The policy of the last scan of the whole tables, and its end by the monotonic clock. */
  #scannedAll = { policy: "", at: -Infinity };

  /** Deletes expired rows; see `Storage.purge`. */
  async run(
    connection: Connection,
    now: number,
    policy: RetentionPolicy,
    { budget, dryRun = false, by }: PurgeOptions,
  ): Promise<PurgeResult> {
    const position = dryRun ? undefined : this.#position;
    const text = JSON.stringify(policy);
    const limits = cutoffs(policy, now);
    const latest = Math.max(0, ...limits.map((at, index) => index === mostLines ? 0 : at ?? 0));
    const aheadMs = Math.min(mostAheadMs, (now - latest) / 10);
    const scansAll = () => dryRun || this.#scansAll(text) || newestId(connection) > now + aheadMs;
    let at = position?.policy === text ? position : startOf(text, scansAll());
    const actionsBefore = actionsCutoff(policy, now);
    const turn = new PurgeTurn();
    const runBatch = async (limit: number, by?: OperatedPurge): Promise<PurgeBatch | null> => {
      if (limit <= 0) return { ...nothingPurged, done: false };
      const { walk, key, readsAll } = at;
      const { counts } = walks[walk]!;
      const values = [
        ...limits,
        readsAll ? pastAllIds : endOf(walks[walk]!, limits, latest + aheadMs),
      ];
      let step: Step | undefined;
      const scan = (): PurgeBatch => {
        step = (dryRun ? countSome : deleteSome)(connection, walks[walk]!, values, key, limit);
        const done = step.next === undefined && walk === walks.length - 1;
        return { ...nothingPurged, [counts]: step.rows, done };
      };
      const batch = dryRun ? scan() : record(connection, turn, by, () => {
        return { ...scan(), operatorActions: forgetActions(connection, actionsBefore) };
      });
      if (batch === null || step === undefined) return batch;
      at = step.next === undefined ? startOf(text, readsAll, walk + 1) : { ...at, key: step.next };
      if (!dryRun) this.#position = batch.done ? undefined : at;
      if (!dryRun && batch.done && readsAll) {
        this.#scannedAll = { policy: text, at: systemClock.monotonic() };
      }
      await otherWork();
      return batch;
    };
    try {
      const most = dryRun ? Infinity : budget;
      const result = await purgeInBatches(most, rowsAtATime, runBatch, by);
      if (!dryRun) return result;
      return { ...result, operatorActions: countActions(connection, actionsBefore) };
    } finally {
      if (!dryRun) connection.transaction(() => turn.end(connection));
    }
  }

  /** Whether it is time for a scan of the whole tables. */
  #scansAll(text: string): boolean {
    const { policy, at } = this.#scannedAll;
    return policy !== text || systemClock.monotonic() - at >= scanAllEveryMs;
  }
}

/**
 * Returns the id at which the scan of a table ends: the first one that a task can have that was
 * created at `instant`. The number of log lines is limited for tasks of any age.
 */
function endOf({ counts }: Walk, limits: readonly (number | null)[], instant: number): string {
  if (counts === "executionLog" && limits[mostLines] !== null) return pastAllIds;
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
 * Returns the instants before which rows are deleted, and the number of log lines per task to keep;
 * null for no limit.
 */
function cutoffs(policy: RetentionPolicy, now: number): readonly (number | null)[] {
  const positive = (value: number | null | undefined) => (value ?? 0) > 0 ? value! : null;
  const before = (days: number | null) => days === null ? null : Math.round(now - days * dayMs);
  const status = positive(policy.statusAuditDays);
  const runs = positive(policy.runsAuditDays);
  const error = positive(policy.errorAuditDays);
  return [
    before(status),
    before(error ?? status),
    before(runs),
    before(error ?? runs),
    before(positive(policy.executionLogDays)),
    positive(policy.maxExecutionLogsPerTask),
    policy.deleteCompletedTasksAfterRetention ? before(status) : null,
  ];
}

/**
 * The number of rows that were or would be deleted, and the key at which the next step begins;
 * undefined at the end of the table.
 */
interface Step {
  readonly rows: number;
  readonly next: readonly SqliteValue[] | undefined;
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

function deleteSome(
  connection: Connection,
  walk: Walk,
  limits: readonly SqliteValue[],
  start: readonly SqliteValue[],
  rows: number,
): Step {
  const next = keyAfter(connection, walk, limits[7]!, start, rows);
  const sql = `DELETE FROM ${walk.table} WHERE ${range(walk, next)} AND ${walk.mayGo}`;
  const parameters = [...limits, ...start, ...next ?? []];
  if (walk.counts !== "tasks") return { rows: connection.run(sql, ...parameters), next };
  const deleted = connection.all(`${sql} RETURNING id, tags`, ...parameters);
  for (const { id, tags } of deleted) removeTags(connection, id as string, tags);
  return { rows: deleted.length, next };
}

function countSome(
  connection: Connection,
  walk: Walk,
  limits: readonly SqliteValue[],
  start: readonly SqliteValue[],
  rows: number,
): Step {
  const next = keyAfter(connection, walk, limits[7]!, start, rows);
  const sql = `SELECT count(*) AS total FROM ${walk.table} ` +
    `WHERE ${range(walk, next)} AND ${walk.wouldGo}`;
  const row = connection.get(sql, ...limits, ...start, ...next ?? []) as SqliteRow;
  return { rows: row.total as number, next };
}

/** Returns the last key of the next batch; undefined if fewer rows are left. */
function keyAfter(
  connection: Connection,
  { table, key }: Walk,
  end: SqliteValue,
  start: readonly SqliteValue[],
  rows: number,
): readonly SqliteValue[] | undefined {
  const columns = key.join(", ");
  const marks = key.map(() => "?").join(", ");
  const row = connection.get(
    `SELECT ${columns} FROM ${table} WHERE (${columns}) > (${marks}) AND ${key[0]} < ? ` +
      `ORDER BY ${columns} LIMIT 1 OFFSET ?`,
    ...start,
    end,
    rows - 1,
  );
  return row && key.map((column) => row[column]!);
}

/**
 * Returns the condition of the rows after a key, up to another key or to the end. Its parameters
 * follow the cutoffs and the last id.
 */
function range({ key }: Walk, next: readonly SqliteValue[] | undefined): string {
  const columns = key.join(", ");
  const marks = (first: number) => key.map((_, index) => `?${first + index}`).join(", ");
  const from = `${key[0]} < ?8 AND (${columns}) > (${marks(9)})`;
  return next === undefined ? from : `${from} AND (${columns}) <= (${marks(9 + key.length)})`;
}
