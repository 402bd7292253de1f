// Implements purge: deletes history by the retention policy. Scans each table once along its
// primary key, in short transactions, so that writers wait briefly and the event loop runs in
// between. There is no index on time, because it would cost more per row of history than this scan.

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

type Counted = "statusAudit" | "runsAudit" | "executionLog" | "tasks";

/** The scan of one table. */
interface Walk {
  readonly counts: Counted;
  readonly table: string;
  /** The primary key. */
  readonly key: readonly string[];
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
    key: ["rowid"],
    start: [-1],
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
  readonly walk: number;
  readonly key: readonly SqliteValue[];
}

/** Returns the start of a scan. */
function startOf(policy: string, walk = 0): Position {
  return { policy, walk, key: walks[walk]?.start ?? [] };
}

/** Purges the history of one store. */
export class Purge {
  #position: Position | undefined;

  /** Deletes expired rows; see `Storage.purge`. */
  async run(
    connection: Connection,
    now: number,
    policy: RetentionPolicy,
    { budget, dryRun = false, by }: PurgeOptions,
  ): Promise<PurgeResult> {
    const position = dryRun ? undefined : this.#position;
    const text = JSON.stringify(policy);
    let at = position?.policy === text ? position : startOf(text);
    const limits = cutoffs(policy, now);
    const actionsBefore = actionsCutoff(policy, now);
    const turn = new PurgeTurn();
    const runBatch = async (limit: number, by?: OperatedPurge): Promise<PurgeBatch | null> => {
      if (limit <= 0) return { ...nothingPurged, done: false };
      const { walk, key } = at;
      const { counts } = walks[walk]!;
      let step: Step | undefined;
      const scan = (): PurgeBatch => {
        step = (dryRun ? countSome : deleteSome)(connection, walks[walk]!, limits, key, limit);
        const done = step.next === undefined && walk === walks.length - 1;
        return { ...nothingPurged, [counts]: step.rows, done };
      };
      const batch = dryRun ? scan() : record(connection, turn, by, () => {
        return { ...scan(), operatorActions: forgetActions(connection, actionsBefore) };
      });
      if (batch === null || step === undefined) return batch;
      at = step.next === undefined ? startOf(text, walk + 1) : { ...at, key: step.next };
      if (!dryRun) this.#position = batch.done ? undefined : at;
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
}

/**
 * Lets all other ready work of the process run. Does not use the injected clock, which a test may
 * have stopped.
 */
function otherWork(): Promise<void> {
  return new Promise((resume) => void systemClock.setTimer(resume, 0));
}

// Later actions have larger ids, so only deleted rows are read.
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
  const next = keyAfter(connection, walk, start, rows);
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
  const next = keyAfter(connection, walk, start, rows);
  const sql = `SELECT count(*) AS total FROM ${walk.table} ` +
    `WHERE ${range(walk, next)} AND ${walk.wouldGo}`;
  const row = connection.get(sql, ...limits, ...start, ...next ?? []) as SqliteRow;
  return { rows: row.total as number, next };
}

/** Returns the last key of the next batch; undefined if fewer rows are left. */
function keyAfter(
  connection: Connection,
  { table, key }: Walk,
  start: readonly SqliteValue[],
  rows: number,
): readonly SqliteValue[] | undefined {
  const columns = key.join(", ");
  const marks = key.map(() => "?").join(", ");
  const row = connection.get(
    `SELECT ${columns} FROM ${table} WHERE (${columns}) > (${marks}) ORDER BY ${columns} LIMIT 1 OFFSET ?`,
    ...start,
    rows - 1,
  );
  return row && key.map((column) => row[column]!);
}

/**
 * Returns the condition of the rows after a key, up to another key or to the end. Its parameters
 * follow the seven cutoffs.
 */
function range({ key }: Walk, next: readonly SqliteValue[] | undefined): string {
  const columns = key.join(", ");
  const marks = (first: number) => key.map((_, index) => `?${first + index}`).join(", ");
  const from = `(${columns}) > (${marks(8)})`;
  return next === undefined ? from : `${from} AND (${columns}) <= (${marks(8 + key.length)})`;
}
