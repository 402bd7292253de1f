// Implements the storage contract in SQLite: calls the module of each method, and keeps deferred
// heartbeats and wake-ups consistent.

import type { VerbResult as Result } from "../../src/storage/kit/verbs.ts";
import type {
  CountRequest,
  NewLogLine,
  PageRequest,
  StatisticsOptions,
  TaskFilter,
  TaskPageRequest,
} from "../../src/storage/queries.ts";
import type {
  ActionFilter,
  ClaimRequest,
  ConnectionOptions,
  EventBatch,
  NewOperatorAction,
  NewTask,
  Polling,
  RateSlotRequest,
  ReadEventsRequest,
  ReleasedTask,
  ReleaseLostRequest,
  ReturnedRateSlot,
  RunEnd,
  SeriesCorrection,
  StatusChange,
  TasksEdit,
  WakeSignal,
  WatchRequest,
  WorkerRegistration,
} from "../../src/storage/requests.ts";
import type { PurgeOptions, RetentionPolicy } from "../../src/storage/retention.ts";
import { isByDue } from "../../src/storage/due_paging.ts";
import type { StorageMaintenance } from "../../src/storage/maintenance.ts";
import { setStatusByMany, updateCurrentRunByMany } from "../../src/storage/single_changes.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { StorageCopying } from "../../src/storage/storage_copying.ts";
import { operatorActions } from "./actions.ts";
import type { ActivityRequest, FailureSpan, WorkReport } from "../../src/storage/work_reports.ts";
import { auditGrowth } from "./audit_growth.ts";
import { backlog } from "./backlog.ts";
import { requestCancel } from "./cancel.ts";
import { setStatusMany, updateCurrentRunMany } from "./changes.ts";
import { claim, nextDueAt } from "./claim.ts";
import { copyingOf } from "./copying.ts";
import { DatabaseAccess, type Work } from "./database.ts";
import { DeferredHeartbeats } from "./deferred_heartbeats.ts";
import { listDueTasks } from "./due_search.ts";
import { countExecutionLogs, saveExecutionLogs } from "./execution_logs.ts";
import { makeDue } from "./make_due.ts";
import { editTasks } from "./operations.ts";
import type { ResolvedOptions } from "./options.ts";
import { persist } from "./persist.ts";
import { Purge } from "./purge.ts";
import { setQueuePaused } from "./queues.ts";
import { rateLimits, releaseRateLimit, returnRateSlots, takeRateSlots } from "./rate_slots.ts";
import { executionLogs, getTask, getTaskByKey, runsAudit, statusAudit } from "./reading.ts";
import { publishEvents, readEvents, sweepEvents, unwatchEvents, watchEvents } from "./relay.ts";
import { release, releaseUnknown } from "./release.ts";
import { activity, failureGroups, reportWork } from "./reports.ts";
import { countTasks, listTasks } from "./search.ts";
import { correctSeries } from "./series.ts";
import { heldTasks, statistics } from "./statistics.ts";
import { tableSizes } from "./table_sizes.ts";
import { WakeWatch } from "./wake.ts";
import {
  drainWorker,
  heartbeat,
  registerWorker,
  releaseLost,
  unregisterWorker,
  workers,
} from "./workers.ts";

/** A storage in a SQLite database. */
export class SqliteStorage implements Storage {
  readonly name = "sqlite";
  /**
   * An idle worker need not poll, because `data_version` shows the changes of other processes.
   * Without other processes, it reads nothing.
   */
  readonly polling: Polling;
  readonly copying: StorageCopying;
  readonly maintenance: StorageMaintenance;
  readonly #options: ResolvedOptions;
  readonly #access: DatabaseAccess;
  readonly #watch: WakeWatch;
  readonly #deferred: DeferredHeartbeats;
  readonly #purge = new Purge();

  constructor(options: ResolvedOptions) {
    this.#options = options;
    const alone = options.exclusive || options.path === ":memory:";
    this.polling = { busyMs: alone ? Infinity : options.pollMs, idleMs: Infinity };
    this.#watch = new WakeWatch(options.clock, alone ? Infinity : options.pollMs);
    this.#deferred = new DeferredHeartbeats(alone);
    this.#access = new DatabaseAccess(
      options,
      (connection) => {
        this.#deferred.forget();
        this.#watch.start(connection);
      },
      (database) => this.#watch.awaitEnd(database),
    );
    this.copying = copyingOf(this.#access);
    this.maintenance = {
      open: async () => new (await import("./maintenance.ts")).SqliteMaintenance(options),
    };
  }

  async open(): Result<"open"> {
    await this.#access.open();
    return { now: this.#options.clock.now() };
  }

  async close(): Promise<void> {
    await this.#purge.end();
    await this.#access.close();
    this.#watch.stop();
    this.#deferred.forget();
  }

  persist(tasks: readonly NewTask[], options: ConnectionOptions = {}): Result<"persist"> {
    return this.#access.many(tasks, options, persist);
  }

  async claim(request: ClaimRequest): Result<"claim"> {
    return await this.#access.do((connection) => claim(connection, request));
  }

  setStatus(...change: Parameters<Storage["setStatus"]>): Result<"setStatus"> {
    return setStatusByMany(this, ...change);
  }

  setStatusMany(
    changes: readonly StatusChange[],
    options: ConnectionOptions = {},
  ): Result<"setStatusMany"> {
    return this.#access.many(changes, options, setStatusMany);
  }

  updateCurrentRun(...run: Parameters<Storage["updateCurrentRun"]>): Result<"updateCurrentRun"> {
    return updateCurrentRunByMany(this, ...run);
  }

  updateCurrentRunMany(
    runs: readonly RunEnd[],
    options: ConnectionOptions = {},
  ): Result<"updateCurrentRunMany"> {
    return this.#access.many(runs, options, updateCurrentRunMany);
  }

  requestCancel(taskIds: readonly string[]): Result<"requestCancel"> {
    return this.#access.many(taskIds, {}, (connection, ids) => {
      this.#deferred.write(connection);
      return requestCancel(connection, ids);
    });
  }

  async release(workerId: string, tasks: readonly ReleasedTask[]): Promise<void> {
    if (tasks.length === 0) return;
    await this.#access.do((connection) => release(connection, workerId, tasks));
  }

  async releaseUnknown(workerId: string, known: readonly string[]): Promise<number> {
    return await this.#access.do((connection) => releaseUnknown(connection, workerId, known));
  }

  makeDue(taskIds: readonly string[]): Result<"makeDue"> {
    return this.#access.many(taskIds, {}, makeDue);
  }

  correctSeries(corrections: readonly SeriesCorrection[]): Result<"correctSeries"> {
    return this.#access.many(corrections, {}, correctSeries);
  }

  nextDueAt(queues: readonly string[], types: readonly string[]): Result<"nextDueAt"> {
    return this.#access.do((connection) => nextDueAt(connection, queues, types));
  }

  onWake(listener: (signal: WakeSignal) => void): () => void {
    return this.#watch.add(listener);
  }

  registerWorker(worker: WorkerRegistration): Promise<void> {
    return this.#withHeartbeatsWritten((connection) => registerWorker(connection, worker));
  }

  heartbeat(workerId: string, leaseMs: number): Result<"heartbeat"> {
    return this.#access.do((connection, now) =>
      this.#deferred.answer(workerId, now) ??
        this.#deferred.note(connection, workerId, heartbeat(connection, workerId, leaseMs))
    );
  }

  drainWorker(workerId: string, action: NewOperatorAction): Promise<boolean> {
    return this.#withHeartbeatsWritten((connection) => drainWorker(connection, workerId, action));
  }

  unregisterWorker(workerId: string): Promise<void> {
    return this.#withHeartbeatsWritten((connection) => unregisterWorker(connection, workerId));
  }

  releaseLost(request: ReleaseLostRequest): Result<"releaseLost"> {
    return this.#withHeartbeatsWritten((connection) => releaseLost(connection, request));
  }

  setQueuePaused(queue: string, paused: boolean, action?: NewOperatorAction): Promise<void> {
    return this.#withHeartbeatsWritten((connection) =>
      setQueuePaused(connection, queue, paused, action)
    );
  }

  editTasks(request: TasksEdit): Result<"editTasks"> {
    return this.#withHeartbeatsWritten((connection) => editTasks(connection, request));
  }

  operatorActions(filter?: ActionFilter, page?: PageRequest): Result<"operatorActions"> {
    return this.#access.do((connection) => operatorActions(connection, filter, page));
  }

  takeRateSlots(requests: readonly RateSlotRequest[]): Result<"takeRateSlots"> {
    return this.#access.do((connection) => takeRateSlots(connection, requests));
  }

  returnRateSlots(slots: readonly ReturnedRateSlot[]): Result<"returnRateSlots"> {
    return this.#access.do((connection) => returnRateSlots(connection, slots));
  }

  releaseRateLimit(key: string, action: NewOperatorAction): Promise<boolean> {
    return this.#access.do((connection) => releaseRateLimit(connection, key, action));
  }

  watchEvents(request: WatchRequest): Result<"watchEvents"> {
    return this.#withHeartbeatsWritten((connection) => watchEvents(connection, request));
  }

  unwatchEvents(watcherId: string): Promise<void> {
    return this.#access.do((connection) => unwatchEvents(connection, watcherId));
  }

  publishEvents(batch: EventBatch): Result<"publishEvents"> {
    return this.#access.do((connection) =>
      connection.withoutWaiting(() => publishEvents(connection, batch))
    );
  }

  readEvents(request: ReadEventsRequest): Result<"readEvents"> {
    return this.#access.do((connection, now) => readEvents(connection, now, request));
  }

  sweepEvents(): Promise<number> {
    return this.#access.do((connection) =>
      connection.withoutWaiting(() => sweepEvents(connection))
    );
  }

  heldTasks(): Result<"heldTasks"> {
    return this.#access.do((connection) => heldTasks(connection));
  }

  rateLimits(page?: PageRequest): Result<"rateLimits"> {
    return this.#access.do((connection, now) => rateLimits(connection, page, now));
  }

  reportWork(report: WorkReport): Result<"reportWork"> {
    return this.#access.do((connection) => reportWork(connection, report));
  }

  activity(request: ActivityRequest): Result<"activity"> {
    return this.#access.do((connection) => activity(connection, request));
  }

  failureGroups(page?: PageRequest, span?: FailureSpan): Result<"failureGroups"> {
    return this.#access.do((connection) => failureGroups(connection, page, span));
  }

  get(taskId: string): Result<"get"> {
    return this.#access.do((connection) => getTask(connection, taskId));
  }

  getByTaskKey(taskKey: string): Result<"getByTaskKey"> {
    return this.#access.do((connection) => getTaskByKey(connection, taskKey));
  }

  list(filter?: TaskFilter, page?: TaskPageRequest): Result<"list"> {
    const list = isByDue(page) ? listDueTasks : listTasks;
    return this.#access.do((connection) => list(connection, filter ?? {}, page ?? {}));
  }

  count(filter: TaskFilter, request: CountRequest): Result<"count"> {
    return this.#access.do((connection) => countTasks(connection, filter, request));
  }

  statusAudit(taskId: string, page?: PageRequest): Result<"statusAudit"> {
    return this.#access.do((connection) => statusAudit(connection, taskId, page));
  }

  runsAudit(taskId: string, page?: PageRequest): Result<"runsAudit"> {
    return this.#access.do((connection) => runsAudit(connection, taskId, page));
  }

  executionLogs(taskId: string, page?: PageRequest): Result<"executionLogs"> {
    return this.#access.do((connection) => executionLogs(connection, taskId, page));
  }

  countExecutionLogs(taskId: string, run: number, limit: number): Result<"countExecutionLogs"> {
    return this.#access.do((connection) => countExecutionLogs(connection, taskId, run, limit));
  }

  workers(): Result<"workers"> {
    return this.#withHeartbeatsWritten(workers);
  }

  backlog(cap?: number): Result<"backlog"> {
    return backlog(this.#access, cap);
  }

  statistics(options?: StatisticsOptions): Result<"statistics"> {
    return statistics(this.#access, options);
  }

  tableSizes(): Result<"tableSizes"> {
    return this.#access.do(tableSizes);
  }

  auditGrowth(options?: StatisticsOptions): Result<"auditGrowth"> {
    return auditGrowth(this.#access, options);
  }

  async saveExecutionLogs(lines: readonly NewLogLine[]): Promise<void> {
    if (lines.length === 0) return;
    await this.#access.do((connection) => saveExecutionLogs(connection, lines));
  }

  async purge(policy: RetentionPolicy, options: PurgeOptions): Result<"purge"> {
    return await this.#purge.run(this.#access, policy, options);
  }

  /**
   * Writes deferred heartbeats, and then does work that evaluates heartbeats or changes their
   * answers.
   */
  #withHeartbeatsWritten<T>(work: Work<T>): Promise<Awaited<T>> {
    return this.#access.do((connection, now) => {
      this.#deferred.write(connection);
      return work(connection, now);
    });
  }
}
