// persist: stores new tasks with their first audit rows, and applies the task-key rules.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import { shouldCreateStatusAudit } from "../../src/audit/audit_policy.ts";
import type { NewSeries, NewTask, PersistResult } from "../../src/storage/requests.ts";
import { AuditWriter, firstSequence } from "./audit_writer.ts";
import type { Connection } from "./connection.ts";
import type { SqliteRow, SqliteValue } from "./database.ts";
import { pausedQueues } from "./queues.ts";
import { countChange } from "./state.ts";

const insertTask = "INSERT INTO queued_tasks (id, type, handler, request, status, audit_level, " +
  "queue_name, priority, task_key, created_at_utc, scheduled_execution_utc, due_at_utc, attempt, " +
  "worker_id, lease_token, trace_context) " +
  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?13, ?15) " +
  "ON CONFLICT (id) DO NOTHING";

const setSeries = "UPDATE queued_tasks SET recurring_task = ?, recurring_info = ?, " +
  "max_runs = ?, run_until = ?, anchor_utc = ?, next_run_utc = ?, current_run_count = ? " +
  "WHERE id = ?";

const insertFirstAudit = "INSERT INTO status_audit " +
  "(queued_task_id, sequence, updated_at_utc, new_status) " +
  `VALUES (?, ${firstSequence}, ?, ?)`;

const selectById = "SELECT lease_token, worker_id FROM queued_tasks WHERE id = ?";

const selectByKey = "SELECT id, status, worker_id, due_at_utc, next_run_utc, anchor_utc, " +
  "current_run_count, recurring_task IS NOT NULL AS recurring, recurring_task = ? AS same_schedule " +
  "FROM queued_tasks WHERE task_key = ?";

const giveUpKey = "UPDATE queued_tasks SET task_key = NULL WHERE id = ?";

/** What a new dispatch replaces in any row that it updates. */
const replaceTask = "UPDATE queued_tasks SET type = ?, handler = ?, request = ?, queue_name = ?, " +
  "priority = ?, audit_level = ?, trace_context = ?, exception = NULL, cancel_requested = 0 " +
  "WHERE id = ?";

/** What it replaces unless the row is a series that keeps its next run. */
const replacePlan = "UPDATE queued_tasks SET status = ?, scheduled_execution_utc = ?, " +
  "due_at_utc = ?, attempt = 0, lost_count = 0, rate_slot_utc = NULL WHERE id = ?";

/** Stores tasks; see `Storage.persist`. */
export function persist(
  connection: Connection,
  now: number,
  tasks: readonly NewTask[],
): PersistResult[] {
  return connection.transaction(() => {
    const admission = new Admission(connection);
    let waiting = false;
    const results = tasks.map((task) => {
      const result = persistOne(connection, now, task, admission);
      waiting ||= !result.claimed;
      return result;
    });
    if (waiting) countChange(connection, "task_changes");
    return results;
  });
}

function persistOne(
  connection: Connection,
  now: number,
  task: NewTask,
  admission: Admission,
): PersistResult {
  if (task.taskKey !== null) {
    const schedule = task.series?.schedule ?? null;
    const holder = connection.get(selectByKey, schedule, task.taskKey);
    if (holder !== undefined && connection.get(selectById, task.id) === undefined) {
      const id = holder.id as string;
      const decision = decide(holder, task);
      if (decision === "leave") return { id, outcome: "existing", claimed: false };
      if (decision !== "replace") {
        update(connection, now, task, holder, decision);
        return { id, outcome: "updated", claimed: false };
      }
      connection.run(giveUpKey, id);
    }
  }
  return { id: task.id, outcome: "created", claimed: create(connection, now, task, admission) };
}

type Decision = "leave" | "refresh" | "reschedule" | "revive" | "replace";

/** The task-key rules: what a dispatch does to the row that holds its key. */
function decide(holder: SqliteRow, task: NewTask): Decision {
  if (holder.worker_id !== null || holder.status === "InProgress") return "leave";
  if (holder.recurring === 1) {
    if (task.series === null) return "leave";
    if (holder.next_run_utc === null) return "revive";
    return holder.same_schedule === 1 ? "refresh" : "reschedule";
  }
  const alive = holder.due_at_utc !== null ||
    ["WaitingQueue", "Queued", "Pending"].includes(holder.status as string);
  return alive ? (task.series === null ? "reschedule" : "revive") : "replace";
}

function update(
  connection: Connection,
  now: number,
  task: NewTask,
  holder: SqliteRow,
  decision: "refresh" | "reschedule" | "revive",
): void {
  const id = holder.id as string;
  connection.run(
    replaceTask,
    task.type,
    task.handler,
    task.request,
    task.queue,
    task.priority,
    auditLevelToNumber(task.auditLevel),
    task.traceContext,
    id,
  );
  const { series } = task;
  if (series !== null) {
    const anchor = decision === "refresh" ? holder.anchor_utc as number : series.anchorAt;
    const next = decision === "refresh" ? holder.next_run_utc as number : series.nextRunAt;
    const runs = decision === "revive" ? 0 : holder.current_run_count as number;
    writeSeries(connection, id, { ...series, anchorAt: anchor, nextRunAt: next }, runs);
  }
  if (decision === "refresh") return;
  const dueAt = dueInstant(task, now);
  connection.run(replacePlan, task.status, scheduledInstant(task, dueAt), dueAt, id);
  if (task.status === holder.status) return;
  const steps = [{ status: task.status, exception: null, agoMs: 0 }];
  new AuditWriter(connection, now, 1).writeSteps(id, task.auditLevel, steps);
}

/** Inserts a task and its first audit row, unless it is stored already; returns whether it was born claimed. */
function create(
  connection: Connection,
  now: number,
  task: NewTask,
  admission: Admission,
): boolean {
  const owner = admission.ownerOf(task);
  const dueAt = dueInstant(task, now);
  const inserted = connection.run(
    insertTask,
    task.id,
    task.type,
    task.handler,
    task.request,
    task.status,
    auditLevelToNumber(task.auditLevel),
    task.queue,
    task.priority,
    task.taskKey,
    now,
    scheduledInstant(task, dueAt),
    owner === null ? dueAt : null,
    owner === null ? 0 : 1,
    owner,
    task.traceContext,
  );
  if (inserted === 0) {
    const stored = connection.get(selectById, task.id)!;
    return task.claimFor !== null && stored.worker_id === task.claimFor && stored.lease_token === 1;
  }
  if (task.series !== null) writeSeries(connection, task.id, task.series, 0);
  if (shouldCreateStatusAudit(task.auditLevel, task.status, null)) {
    connection.run(insertFirstAudit, task.id, now, task.status);
  }
  return owner !== null;
}

function writeSeries(connection: Connection, id: string, series: NewSeries, runs: number): void {
  connection.run(
    setSeries,
    series.schedule,
    series.info,
    series.maxRuns,
    series.runUntil,
    series.anchorAt,
    series.nextRunAt,
    runs,
    id,
  );
}

function dueInstant({ due }: NewTask, now: number): number {
  return Math.round("at" in due ? due.at : now + due.inMs);
}

function scheduledInstant(task: NewTask, dueAt: number): SqliteValue {
  return task.status === "WaitingQueue" ? dueAt : null;
}

/** Which tasks of a batch may be born claimed; asks the database once a worker, and once for the paused queues. */
class Admission {
  readonly #connection: Connection;
  readonly #registered = new Map<string, boolean>();
  #paused: ReadonlySet<string> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The worker that a new task is claimed by; null when it has to wait. */
  ownerOf({ claimFor, status, queue }: NewTask): string | null {
    if (claimFor === null || status !== "Queued") return null;
    let registered = this.#registered.get(claimFor);
    if (registered === undefined) {
      registered =
        this.#connection.get("SELECT 1 FROM workers WHERE id = ?", claimFor) !== undefined;
      this.#registered.set(claimFor, registered);
    }
    this.#paused ??= pausedQueues(this.#connection);
    return registered && !this.#paused.has(queue) ? claimFor : null;
  }
}
