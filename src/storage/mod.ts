/**
 * The storage contract, and the parts that a driver needs: records, requests, the rules for audit
 * rows, the errors that a driver throws, and code that drivers share ({@linkcode OpenOnce},
 * {@linkcode purgeInBatches}, {@linkcode inLockOrder}, {@linkcode toPage}, {@linkcode
 * setStatusByMany}, {@linkcode RateBook} …).
 *
 * An application needs this entry point only to name these types. A driver is an object that
 * implements {@linkcode Storage}. The conformance suite of `@evertask/evertask/testing` checks that
 * a driver keeps the contract.
 *
 * @example
 * ```ts
 * import type { Storage } from "@evertask/evertask/storage";
 * import { memoryStorage } from "@evertask/evertask/memory";
 *
 * const storage: Storage = memoryStorage();
 * await storage.open();
 * console.log((await storage.list({ statuses: ["Failed"] }, { limit: 10 })).items);
 * await storage.close();
 * ```
 *
 * @module
 */
export {
  isError,
  keepsHistory,
  shouldCreateRunsAudit,
  shouldCreateStatusAudit,
} from "./kit/audit_policy.ts";
export { EventBook } from "./kit/event_book.ts";
export { type ActionProgress, allDone, nothingEdited, progressOf } from "./kit/edit_results.ts";
export { taskVersion } from "./kit/task_version.ts";
export { RateBook } from "./kit/rate_book.ts";
export { ReportBook } from "./kit/report_book.ts";
export type { SlotWish } from "./kit/gcra.ts";
export type { FillRandom } from "../ids/uuid_v7.ts";
export type {
  FilterName,
  RetryPolicyData,
  RetryRule,
  StorableRetryPolicy,
} from "../task/retry_policy_data.ts";
export { type Clock, systemClock, type TimerOptions } from "../time/clock.ts";
export {
  SchemaVersionError,
  StorageClosedError,
  StorageError,
  StorageFormatError,
  StorageFullError,
  StorageReadOnlyError,
  StorageUnavailableError,
  WorkerLostError,
} from "./errors.ts";
export {
  CopyError,
  type CopyOptions,
  type CopyProgress,
  type CopyResult,
  copyStore,
} from "./copying/copy_store.ts";
export type { StoreDigest } from "./copying/store_digest.ts";
export { toCopiedTask } from "./kit/copied_task.ts";
export type {
  CopiedRateLimit,
  CopiedTask,
  StorageCopying,
  StoreSettings,
  TaskRange,
  TaskWithHistory,
} from "./storage_copying.ts";
export type {
  Finding,
  Maintenance,
  MigrationPlan,
  MigrationStep,
  StorageMaintenance,
} from "./maintenance.ts";
export { byLock, inLockOrder } from "./kit/lock_order.ts";
export { notOpen, OpenOnce } from "./kit/open_once.ts";
export {
  nothingPurged,
  type PurgeBatch,
  purgeInBatches,
  purgeProgress,
} from "./kit/purge_in_batches.ts";
export { countPage, hasPayload, matchingPage, payloadPart } from "./payload_search.ts";
export type { VerbArguments, VerbResult } from "./kit/verbs.ts";
export {
  countStart,
  type FailurePage,
  failurePage,
  mostRowsRead,
  pageLimit,
  pageStart,
  type RateLimitPage,
  rateLimitPage,
  type TaskPageStart,
  taskPageStart,
  toPage,
  toPartialCount,
  toTaskPage,
} from "./paging.ts";
export { creationOf, type TableName, tableNames, type TableSize } from "./table_sizes.ts";
export { mostRead, readsInVain, tagToRead } from "./task_filter.ts";
export type {
  AuditGrowth,
  Backlog,
  CountRequest,
  HeldTasks,
  NewLogLine,
  PartialCount,
  PayloadFilter,
  QueueBacklog,
  QueueStatistics,
  RateLimitRecord,
  StatisticsOptions,
} from "./queries.ts";
export type {
  ClaimedTask,
  DispatchedFields,
  SeriesRecord,
  TaskFields,
  WorkerProcess,
  WorkerRecord,
  WorkerServes,
} from "./records.ts";
export type {
  ActionBatch,
  ActionFilter,
  ActionTarget,
  ChangeResult,
  ClaimRequest,
  ClaimResult,
  ConnectionOptions,
  Due,
  EventBatch,
  EventPositions,
  EventWatcher,
  HeartbeatResult,
  Lease,
  LostTask,
  NewOperatorAction,
  NewSeries,
  NewTask,
  OperatorActionRecord,
  OperatorVerb,
  PersistOptions,
  PersistResult,
  Polling,
  RateSlot,
  RateSlotRequest,
  RateSlots,
  ReadEvents,
  ReadEventsRequest,
  ReleasedTask,
  ReleaseLostRequest,
  ReturnedRateSlot,
  RowEdit,
  RunEnd,
  SeriesCorrection,
  StatusChange,
  StatusTransition,
  TaskEdit,
  TasksEdit,
  TasksEdited,
  WakeSignal,
  WatchRequest,
  WatchResult,
  WorkerRegistration,
} from "./requests.ts";
export { type OperatedPurge, type PurgeOptions, unfinishedPurge } from "./retention.ts";
export { setStatusByMany, updateCurrentRunByMany } from "./single_changes.ts";
export { lastTransition, putsInLine, reportsStart } from "./status_transitions.ts";
export type { Storage } from "./storage.ts";
export type { StorageOperations } from "./storage_operations.ts";
export type { StorageReading } from "./storage_reading.ts";
export type { StorageRelay } from "./storage_relay.ts";
export type { StorageReports } from "./storage_reports.ts";
export type { StorageTasks } from "./storage_tasks.ts";
export type { StorageWorkers } from "./storage_workers.ts";
export { type Fault, faultOf } from "../faults/fault.ts";
export {
  activityColumns,
  type ActivityDivision,
  type ActivityPoint,
  type ActivityReport,
  type ActivityRequest,
  checkActivityRequest,
  type FailureCount,
  type FailureGroup,
  type FailureReport,
  type FailureSpan,
  type ReportRetention,
  type WorkReport,
} from "./work_reports.ts";
export type { HistoryPageRequest } from "./queries.ts";
export { type HistoryPageStart, historyPageStart } from "./history_paging.ts";
export { type DuePageStart, duePageStart, type DuePlace, toDuePage } from "./due_paging.ts";
export { decodeProcess, decodeServes, encodeServes } from "./worker_serves.ts";
