// Implements persist: stores new tasks by the task-key rules.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import type { NewTask, PersistResult } from "../../src/storage/requests.ts";
import { AuditWriter } from "./audit_writer.ts";
import type { Connection } from "./connection.ts";
import type { SqliteRow } from "./sqlite_library.ts";
import { writeSeries } from "./series.ts";
import { replaceTags } from "./tags.ts";
import { countChange } from "./counters.ts";
import { dueInstant, scheduledInstant, TaskInserts } from "./task_inserts.ts";

/** Stores tasks; see `Storage.persist`. */
export function persist(
  connection: Connection,
  tasks: readonly NewTask[],
): PersistResult[] {
  return connection.transaction((now) => {
    const results: PersistResult[] = [];
    const inserts = new TaskInserts(connection, now, results);
    for (const task of tasks) {
      if (task.taskKey === null) {
        inserts.add(task);
        continue;
      }
      inserts.flush(); // the result of this task may depend on the tasks before it
      const updated = applyKeyRules(connection, now, task, inserts);
      if (updated === null) inserts.add(task);
      else results.push(updated);
    }
    inserts.finish();
    if (results.some(({ claimed }) => !claimed)) countChange(connection, "task_changes");
    return results;
  });
}

const isStored = "SELECT 1 FROM queued_tasks WHERE id = ?";

/** A series that was paused when it ended starts again unpaused. */
const unpause = "UPDATE queued_tasks SET paused = NULL WHERE id = ? AND paused";

const selectByKey = "SELECT id, status, worker_id, due_at_utc, next_run_utc, anchor_utc, " +
  "current_run_count, tags IS NOT NULL AS tagged, recurring_task IS NOT NULL AS recurring, recurring_task = ? AS same_schedule " +
  "FROM queued_tasks WHERE task_key = ?";

const giveUpKey = "UPDATE queued_tasks SET task_key = NULL WHERE id = ?";

/**
 * Applies the task-key rules to a task with a key. Returns the result, or null if the task must be
 * stored as a new row.
 */
function applyKeyRules(
  connection: Connection,
  now: number,
  task: NewTask,
  inserts: TaskInserts,
): PersistResult | null {
  const holder = connection.get(selectByKey, task.series?.schedule ?? null, task.taskKey);
  if (holder === undefined || connection.get(isStored, task.id) !== undefined) return null;
  const id = holder.id as string;
  const decision = decide(holder, task);
  switch (decision) {
    case "leave":
      return { id, outcome: "existing", claimed: false };
    case "replace":
      connection.run(giveUpKey, id);
      return null;
    default:
      // The holder may be a task of this batch. Its first audit row depends on its old level.
      inserts.audit();
      update(connection, now, task, holder, decision);
      return { id, outcome: "updated", claimed: false };
  }
}

type Update = "refresh" | "reschedule" | "revive";

/** Decides by the task-key rules how a dispatch changes the row that holds its key. */
function decide(holder: SqliteRow, task: NewTask): Update | "leave" | "replace" {
  if (holder.worker_id !== null || holder.status === "InProgress") return "leave";
  if (holder.recurring === 1) {
    if (task.series === null) return "leave";
    if (holder.next_run_utc === null) return "revive";
    return holder.same_schedule === 1 ? "refresh" : "reschedule";
  }
  const alive = holder.due_at_utc !== null ||
    ["WaitingQueue", "Queued", "Pending"].includes(holder.status as string);
  return alive ? "reschedule" : "replace";
}

/** The columns that a new dispatch replaces in any row that it updates. */
const replaceTask = "UPDATE queued_tasks SET type = ?, handler = ?, request = ?, queue_name = ?, " +
  "priority = ?, audit_level = ?, trace_context = ?, retry_policy = ?, exception = NULL, " +
  "cancel_requested = 0, edits = coalesce(edits, 0) + 1 WHERE id = ?";

/** The columns that a new dispatch replaces unless the row is a series that keeps its next run. */
const replacePlan = "UPDATE queued_tasks SET status = ?, scheduled_execution_utc = ?, " +
  "due_at_utc = iif(paused, due_at_utc, ?), attempt = 0, lost_count = 0, rate_slot_utc = NULL " +
  "WHERE id = ?";

function update(
  connection: Connection,
  now: number,
  task: NewTask,
  holder: SqliteRow,
  kind: Update,
): void {
  const id = holder.id as string;
  connection.run(
    replaceTask,
    task.type,
    task.handlerName,
    task.payload,
    task.queue,
    task.priority,
    auditLevelToNumber(task.auditLevel),
    task.traceContext,
    task.retryPolicy,
    id,
  );
  if (holder.tagged === 1 || task.tags.length > 0) replaceTags(connection, id, task.tags);
  const { series } = task;
  if (series !== null) {
    const anchorAt = kind === "refresh" ? holder.anchor_utc as number : series.anchorAt;
    const nextRunAt = kind === "refresh" ? holder.next_run_utc as number : series.nextRunAt;
    const runCount = kind === "revive" ? 0 : holder.current_run_count as number;
    writeSeries(connection, id, { ...series, anchorAt, nextRunAt }, runCount);
  }
  if (kind === "refresh") return;
  if (kind === "revive") connection.run(unpause, id);
  const dueAt = dueInstant(task, now);
  connection.run(replacePlan, task.status, scheduledInstant(task, dueAt), dueAt, id);
  if (task.status === holder.status) return;
  const audit = new AuditWriter(connection, now, 1);
  audit.addTransitions(id, task.auditLevel, [{ status: task.status, exception: null, agoMs: 0 }]);
  audit.flush();
}
