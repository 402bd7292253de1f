// A task as the driver sends it, and as a server would answer with it.

import type { NewTask } from "../../../src/storage/requests.ts";
import { newTask, series } from "../../support/new_task.ts";
import { columns, serverNow } from "./scripted.ts";

export const taskId = "01900000-0000-7000-8000-00000000000a";
export const otherId = "01900000-0000-7000-8000-00000000000b";

/** The task that the driver stores. */
export const task: NewTask = newTask({
  id: taskId,
  type: "send-email",
  handlerName: "Send an e-mail",
  payload: '{"to":"ada@example.org"}',
  status: "WaitingQueue",
  due: { at: Date.parse("2027-01-01T00:00:00.5Z") },
  auditLevel: "Minimal",
  queue: "email ",
  priority: -3,
  taskKey: "key\u0000",
  series: series({
    schedule: "{}",
    info: "always",
    anchorAt: 0,
    nextRunAt: Date.parse("2027-01-01T00:00:00Z"),
  }),
});

/** The columns of a task in recordsets. */
export const taskColumns = columns(
  "Id id, Type text, Handler text, Tags text, Request text, Status text, Exception text, AuditLevel int, " +
    "QueueName text, Priority int, TaskKey text, CreatedAtUtc instant, " +
    "ScheduledExecutionUtc instant, DueAtUtc instant, LastExecutionUtc instant, " +
    "ExecutionTimeMs float, Attempt int, LostCount int, WorkerId text, LeaseToken bigint, " +
    "CancelRequested bit, RateSlotUtc instant, TraceContext text, RetryPolicy text, IsRecurring bit, " +
    "RecurringTask text, RecurringInfo text, AnchorUtc instant, MaxRuns int, RunUntil instant, " +
    "NextRunUtc instant, CurrentRunCount int, IsPaused bit, Version text",
);

/** A task in recordsets, with these columns. */
export const taskRow = [
  ...[
    taskId,
    "send-email",
    "Send",
    '["tenant:42"]',
    "{}",
    "Completed",
    null,
    null,
    "email \u0010",
    -3,
    "key\u0010@",
  ],
  ...[serverNow, null, null, serverNow + 1, 1.5, 2, 1, null, 3, false, null],
  ...[null, null, true, "{}", "always", serverNow, null, null, serverNow + 5, 7, null, "0.3"],
];
