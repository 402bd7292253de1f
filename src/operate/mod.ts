/**
 * The types of `everTask.operate`, which shows the tasks, queues and workers of all processes of a
 * store, and why a task is not running.
 *
 * @example
 * ```ts
 * import { createEverTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import type { Explanation } from "@evertask/evertask/operate";
 *
 * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
 * const print = ({ reasons }: Explanation) =>
 *   console.log(reasons.map(({ sentence }) => sentence).join("\n"));
 * print(await everTask.operate.explain("01900000-0000-7000-8000-000000000001"));
 * // No task with this id is stored: …
 * ```
 *
 * @module
 */
export type { Actions, OperatorAction } from "./actions.ts";
export type { Bulk, BulkOptions, BulkResult } from "./bulk.ts";
export type {
  ActivityDurations,
  ActivityOptions,
  ActivityStep,
  ActivityStepLength,
} from "./activity.ts";
export type { FailureListOptions, Failures } from "./failures.ts";
export type { LimitOverview } from "./limit_overview.ts";
export type { LimitName } from "./limit_release.ts";
export type { Operate, OperateParts } from "./operate.ts";
export type { OperatedSeries, SchedulePreview } from "./operated_series.ts";
export type { OperatedTasks } from "./operated_tasks.ts";
export type { Operator, TaskOperator } from "./operator.ts";
export type { Applied, OperationResult, Refusal, RefusalReason } from "./refusal.ts";
export type { Consequences } from "./task_changer.ts";
export type { PayloadEdit, SharedEdit, TaskEditOptions } from "./task_edit.ts";
export type { QueueOverview } from "./queue_overview.ts";
export type { HistoryReaders } from "./history_readers.ts";
export type { HeldOfQueue, WorkerOverview } from "./worker_overview.ts";
export type * from "./reason.ts";
export type { PurgeBatchOptions, PurgeBatchResult } from "./retention_purge.ts";
export type { TableGrowth } from "./table_growth.ts";
export type { CountOptions, TaskCount, TaskSearch } from "./task_search.ts";
export type { TaskOrder, TaskPage, TaskPageRequest } from "../storage/queries.ts";
