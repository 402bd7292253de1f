// Implements copying: whole tasks with their history, as JSON.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import { toCopiedTask } from "../../src/storage/kit/copied_task.ts";
import type {
  StorageCopying,
  StoreSettings,
  TaskWithHistory,
} from "../../src/storage/storage_copying.ts";
import type { DatabaseAccess } from "./database.ts";
import { fromStored, type StoredTaskRecord } from "./rows.ts";

/** The result of export_tasks for each task. */
type StoredWithHistory = Omit<TaskWithHistory, "task"> & { readonly task: StoredTaskRecord };

/** Returns the methods that copy the store. */
export function copyingOf({ call }: Pick<DatabaseAccess, "call">): StorageCopying {
  return {
    async exportTasks({ after, upTo, limit }) {
      const stored = await call<StoredWithHistory[]>("export_tasks", after, upTo, limit);
      return stored.map((one) => ({ ...one, task: toCopiedTask(fromStored(one.task)) }));
    },

    async importTasks(tasks, removed) {
      await call(
        "import_tasks",
        tasks.map(toTaskRow),
        tasks.flatMap(({ task: { id }, statusAudit }) =>
          statusAudit.map(({ updatedAt, newStatus, exception }) => (
            { id, at: updatedAt, status: newStatus, exception }
          ))
        ),
        tasks.flatMap(({ task: { id }, runsAudit }) =>
          runsAudit.map(({ executedAt, executionTimeMs, status, exception }) => (
            { id, at: executedAt, took: executionTimeMs, status, exception }
          ))
        ),
        tasks.flatMap(({ task: { id }, executionLogs }) =>
          executionLogs.map(({ loggedAt, ...line }) => ({ id, at: loggedAt, ...line }))
        ),
        removed,
      );
    },

    exportSettings: () => call<StoreSettings>("export_settings"),

    async importSettings(settings) {
      await call("import_settings", settings);
    },
  };
}

function toTaskRow({ task }: TaskWithHistory): object {
  const { series, tags } = task;
  return {
    id: task.id,
    type: task.type,
    handler: task.handlerName,
    request: task.payload,
    status: task.status,
    exception: task.exception,
    audit_level: auditLevelToNumber(task.auditLevel),
    queue_name: task.queue,
    priority: task.priority,
    task_key: task.taskKey,
    created_at: task.createdAt,
    scheduled_at: task.scheduledAt,
    due_at: task.dueAt,
    last_execution_at: task.lastExecutionAt,
    execution_time_ms: task.executionTimeMs,
    attempt: task.attempt,
    lost_count: task.lostCount,
    lease_token: task.leaseToken,
    cancel_requested: task.cancelRequested,
    rate_slot_at: task.rateSlotAt,
    trace_context: task.traceContext,
    retry_policy: task.retryPolicy,
    tags: tags.length === 0 ? undefined : tags,
    schedule: series?.schedule,
    info: series?.info,
    anchor_at: series?.anchorAt,
    max_runs: series?.maxRuns,
    run_until: series?.runUntil,
    next_run_at: series?.nextRunAt,
    run_count: series?.runCount,
    is_paused: series?.paused,
  };
}
