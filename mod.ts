/**
 * EverTask runs background tasks in an application and stores them in the application's own
 * database. Tasks run at once, later, or on a schedule, survive restarts, and leave an audit trail
 * of configurable detail.
 *
 * @example
 * ```ts
 * import { createEverTask, defineTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 *
 * const greet = defineTask<{ name: string }>({
 *   type: "greet",
 *   handle: ({ name }) => console.log(`Hello ${name}`),
 * });
 * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [greet] });
 * await everTask.start();
 * await everTask.dispatch(greet, { name: "Ada" });
 * ```
 *
 * @module
 */
export {
  createEverTask,
  type EverTask,
  type StopOptions,
  type TaskEvents,
} from "./src/application/ever_task.ts";
export {
  DuplicateTaskTypeError,
  type EverTaskOptions,
  type PersistentLogOptions,
} from "./src/application/ever_task_options.ts";
export { StoppedError } from "./src/application/lifecycle.ts";
export {
  type SignalSource,
  type SignalWatch,
  stopOnSignals,
  type StopOnSignalsOptions,
  type StopSignal,
} from "./src/application/stop_on_signals.ts";
export {
  type AnyTask,
  defineTask,
  type Dispatch,
  type RunInfo,
  type Task,
  type TaskContext,
  type TaskHandler,
  type TaskSettings,
} from "./src/task/task.ts";
export type {
  CommonDispatchOptions,
  DispatchManyOptions,
  DispatchOptions,
  DispatchResult,
  DispatchTiming,
  PayloadAndOptions,
} from "./src/task/dispatch_options.ts";
export { UnknownTaskTypeError } from "./src/dispatch/task_planner.ts";
export type { JsonOf, StorablePayload } from "./src/payload/json.ts";
export { PayloadValidationError } from "./src/payload/payload_validation_error.ts";
export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
} from "./src/payload/standard_schema.ts";
export {
  LeaseLostError,
  NonRetryableError,
  RetryLater,
  TaskCancelledError,
  TimeoutError,
  WorkerStoppedError,
} from "./src/task/abort_reasons.ts";
export { QueueFullError } from "./src/dispatch/admission.ts";
export type { QueueOptions, WhenFull } from "./src/task/queue_settings.ts";
export type { Queues } from "./src/application/queues.ts";
export { exponentialRetry, type ExponentialRetryOptions } from "./src/retry/exponential_retry.ts";
export type { ErrorClass, FilterableRetryPolicy } from "./src/retry/filterable_policy.ts";
export { linearRetry } from "./src/retry/linear_retry.ts";
export { noRetry } from "./src/retry/no_retry.ts";
export { RateLimitRejectedError } from "./src/task/rate_limit_options.ts";
export type { RateLimitOptions } from "./src/task/rate_limit_options.ts";
export type { RetryPolicy } from "./src/task/retry_policy.ts";
export { isTransientDatabaseError } from "./src/retry/transient_database_errors.ts";
export { isTransientNetworkError } from "./src/retry/transient_network_errors.ts";
export { type AuditLevel, auditLevels } from "./src/audit/audit_level.ts";
export type { Audit, PurgeRunOptions } from "./src/application/audit.ts";
export type { RetentionOptions } from "./src/application/retention_keeper.ts";
export type { Recurring, RecurringSeries } from "./src/application/recurring.ts";
export {
  type Severity,
  type TaskEvent,
  type TaskEventFilter,
  type TaskEventKind,
} from "./src/events/task_event.ts";
export {
  consoleLogger,
  formatMessage,
  type Logger,
  type LogProperties,
  silentLogger,
} from "./src/log/logger.ts";
export type { LoggerFactory } from "./src/log/loggers.ts";
export type { Page, PageRequest, StorageStatistics, TaskFilter } from "./src/storage/queries.ts";
export type {
  ExecutionLogRecord,
  LogLevel,
  RunsAuditRecord,
  StatusAuditRecord,
  TaskRecord,
} from "./src/storage/records.ts";
export type { Dated } from "./src/time/dated.ts";
export type { WorkersOptions, WorkerStatus } from "./src/storage/worker_status.ts";
export type { CancelOutcome } from "./src/storage/requests.ts";
export type { PurgeResult, RetentionPolicy } from "./src/storage/retention.ts";
export { type TaskStatus, taskStatuses } from "./src/storage/task_status.ts";
export { EverTaskError, InvalidArgumentError } from "./src/guards/errors.ts";
export type { Duration, DurationParts } from "./src/time/duration.ts";
export type { Instant } from "./src/time/instant.ts";
export type { RecurringInput } from "./src/schedule/builder.ts";
export { InvalidScheduleError } from "./src/schedule/errors.ts";
export type { MisfirePolicy, Recurrence } from "./src/schedule/recurrence.ts";
