// Implements persist. Most tasks are plain: due at once, without key, series, retry policy or tags.
// A batch of plain tasks is sent to persist_plain_tasks as one list for each column. Any other
// batch is sent to persist_tasks as objects.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import type { NewTask, PersistOptions, PersistResult } from "../../src/storage/requests.ts";
import type { DatabaseAccess } from "./database.ts";

/** Stores new tasks. */
export async function persist(
  access: DatabaseAccess,
  tasks: readonly NewTask[],
  { connection, skipBusy }: PersistOptions = {},
): Promise<readonly PersistResult[]> {
  if (tasks.length === 0) return [];
  const { channel } = access.session;
  const wakes = tasks.some(isForOthersNow);
  const inTransaction = connection !== undefined;
  let message = null;
  if (wakes) message = inTransaction ? channel?.messageToAll() : channel?.takeTasksMessage();
  const skipsBusy = skipBusy && !inTransaction && tasks.some(hasKey);
  const answers = tasks.every(isPlain)
    ? await access.callIn<PersistResult[] | null>(
      connection,
      "persist_plain_tasks",
      ...toLists(tasks),
      message,
    )
    : await access.callIn<PersistResult[] | null>(
      connection,
      skipsBusy ? "persist_tasks_unless_busy" : "persist_tasks",
      tasks.map(toNewTask),
      message,
    );
  if (wakes && !inTransaction && !message) channel?.tellOfTasks();
  return answers ??
    tasks.map(({ id, claimFor }) => ({ id, outcome: "created", claimed: claimFor !== null }));
}

function hasKey({ taskKey }: NewTask): boolean {
  return taskKey !== null;
}

/** Reports whether other processes should be notified of a new task at once. */
function isForOthersNow({ status, due, claimFor }: NewTask): boolean {
  return claimFor === null && (status === "Queued" || ("inMs" in due && due.inMs <= 0));
}

/** Reports whether persist_plain_tasks can store a task. */
function isPlain(task: NewTask): boolean {
  return task.status === "Queued" && "inMs" in task.due && task.due.inMs === 0 &&
    task.taskKey === null && task.series === null && task.retryPolicy === null &&
    task.tags.length === 0;
}

/** Returns the arguments of persist_plain_tasks. */
function toLists(tasks: readonly NewTask[]): readonly unknown[] {
  return [
    tasks.map(({ id }) => id),
    tasks.map(({ type }) => type),
    tasks.map(({ handlerName }) => handlerName),
    tasks.map(({ payload }) => payload),
    tasks.map(({ auditLevel }) => auditLevelToNumber(auditLevel)),
    tasks.map(({ queue }) => queue),
    tasks.map(({ priority }) => priority),
    tasks.map(({ traceContext }) => traceContext),
    tasks.map(({ claimFor }) => claimFor),
  ];
}

/** Converts a new task to the type new_task. */
function toNewTask(task: NewTask): object {
  const { series, due } = task;
  return {
    id: task.id,
    type: task.type,
    handler: task.handlerName,
    request: task.payload,
    status: task.status,
    due_in_ms: "inMs" in due ? due.inMs : undefined,
    due_at_ms: "at" in due ? due.at : undefined,
    audit_level: auditLevelToNumber(task.auditLevel),
    queue_name: task.queue,
    priority: task.priority,
    task_key: task.taskKey ?? undefined,
    trace_context: task.traceContext ?? undefined,
    retry_policy: task.retryPolicy ?? undefined,
    claim_for: task.claimFor ?? undefined,
    schedule: series?.schedule,
    info: series?.info,
    anchor_at_ms: series?.anchorAt,
    max_runs: series?.maxRuns,
    run_until_ms: series?.runUntil,
    next_run_at_ms: series?.nextRunAt,
    tags: task.tags.length === 0 ? undefined : task.tags,
  };
}
