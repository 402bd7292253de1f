// Implements Storage in SQL Server. Most methods take one round trip: a call of a procedure of
// sql/sqlserver/, or a query.

import { isByDue } from "../../src/storage/due_paging.ts";
import { WorkerLostError } from "../../src/storage/errors.ts";
import { byLock, inLockOrder } from "../../src/storage/kit/lock_order.ts";
import { OpenOnce } from "../../src/storage/kit/open_once.ts";
import type { VerbArguments as Args, VerbResult as Result } from "../../src/storage/kit/verbs.ts";
import type { CancelOutcome, Polling } from "../../src/storage/requests.ts";
import type { StorageMaintenance } from "../../src/storage/maintenance.ts";
import type { PurgeOptions, PurgeResult, RetentionPolicy } from "../../src/storage/retention.ts";
import { setStatusByMany, updateCurrentRunByMany } from "../../src/storage/single_changes.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { systemClock } from "../../src/time/clock.ts";
import type { StorageCopying } from "../../src/storage/storage_copying.ts";
import { actionParameters, operatorActions } from "./actions.ts";
import { readAuditGrowth } from "./audit_growth.ts";
import * as batches from "./batches.ts";
import * as changes from "./changes.ts";
import { copyingOf } from "./copying.ts";
import type { SqlServerDatabase } from "./database.ts";
import { lockKey } from "./lock_key.ts";
import { prepareSchema } from "./migrations.ts";
import { bit, name } from "./mssql.ts";
import { editTasks } from "./operations.ts";
import { persist } from "./persist.ts";
import { Purge } from "./purge.ts";
import * as reading from "./reading.ts";
import * as relay from "./relay.ts";
import * as reports from "./reports.ts";
import * as rows from "./rows.ts";
import { listDueTasks } from "./due_search.ts";
import { readTableSizes } from "./table_sizes.ts";
import { countTasks, listTasks } from "./search.ts";
import * as statistics from "./statistics.ts";
import { nameLengths, toStoredName } from "./text.ts";
import * as workers from "./workers.ts";

/** The storage of one process in SQL Server. */
export class SqlServerStorage implements Storage {
  readonly name = "sqlserver";
  readonly polling: Polling;
  readonly copying: StorageCopying;
  readonly maintenance: StorageMaintenance;
  readonly #database: SqlServerDatabase;
  readonly #migrate: boolean;
  readonly #purge = new Purge(systemClock);
  readonly #schema: OpenOnce<{ readonly now: number }>;

  constructor(database: SqlServerDatabase, migrate: boolean, polling: Polling) {
    this.#database = database;
    this.#migrate = migrate;
    this.polling = polling;
    this.copying = copyingOf(database);
    this.maintenance = {
      open: async () =>
        new (await import("./maintenance.ts")).SqlServerMaintenance(database.options),
    };
    this.#schema = new OpenOnce({
      what: "SQL Server storage",
      open: () => this.#connect(),
      close: () => database.close(),
    });
  }

  open(): Result<"open"> {
    return this.#schema.open();
  }

  close(): Result<"close"> {
    return this.#schema.close();
  }

  // ---- tasks ----

  async persist(...[tasks, options]: Args<"persist">): Result<"persist"> {
    return tasks.length === 0 ? [] : await persist(this.#database, tasks, options?.connection);
  }

  async claim(...[request]: Args<"claim">): Result<"claim"> {
    const { workerId, types, queues } = request;
    const parameters = {
      WorkerId: workers.worker(workerId),
      Types: batches.typeNames(types),
      Queues: batches.queueNames(queues),
    };
    const [state, tasks] = await this.#database.call("usp_ClaimTasks", parameters);
    const { Now, Known } = state![0]!;
    if (!rows.truth(Known)) throw new WorkerLostError(workerId);
    return { now: rows.instant(Now), tasks: tasks!.map(rows.toClaimedTask) };
  }

  setStatus(...args: Args<"setStatus">): Result<"setStatus"> {
    return setStatusByMany(this, ...args);
  }

  setStatusMany(...[list, options]: Args<"setStatusMany">): Result<"setStatusMany"> {
    return changes.setStatusMany(this.#database, list, options?.connection);
  }

  updateCurrentRun(...args: Args<"updateCurrentRun">): Result<"updateCurrentRun"> {
    return updateCurrentRunByMany(this, ...args);
  }

  updateCurrentRunMany(
    ...[runs, options]: Args<"updateCurrentRunMany">
  ): Result<"updateCurrentRunMany"> {
    return changes.updateCurrentRunMany(this.#database, runs, options?.connection);
  }

  requestCancel(...[taskIds]: Args<"requestCancel">): Result<"requestCancel"> {
    return inLockOrder(taskIds, lockKey, async (sorted) => {
      const parameters = { TaskIds: batches.taskIds(sorted) };
      const [found] = await this.#database.call("usp_RequestCancel", parameters);
      return found!.map(({ Outcome }) => Outcome as CancelOutcome);
    });
  }

  async release(...[workerId, tasks]: Args<"release">): Promise<void> {
    if (tasks.length === 0) return;
    const released = batches.releasedTasks(byLock(tasks, ({ taskId }) => lockKey(taskId)));
    const parameters = { WorkerId: workers.worker(workerId), Tasks: released };
    await this.#database.call("usp_ReleaseTasks", parameters);
  }

  async releaseUnknown(...[workerId, known]: Args<"releaseUnknown">): Promise<number> {
    const parameters = { WorkerId: workers.worker(workerId), Known: batches.taskIds(known) };
    const [found] = await this.#database.call("usp_ReleaseUnknown", parameters);
    return Number(found![0]!.Released);
  }

  makeDue(...[taskIds]: Args<"makeDue">): Result<"makeDue"> {
    return inLockOrder(taskIds, lockKey, async (sorted) => {
      const parameters = { TaskIds: batches.taskIds(sorted) };
      const [found] = await this.#database.call("usp_MakeDue", parameters);
      return found!.map(({ Due }) => rows.truth(Due));
    });
  }

  correctSeries(...[corrections]: Args<"correctSeries">): Result<"correctSeries"> {
    return inLockOrder(corrections, ({ taskId }) => lockKey(taskId), async (sorted) => {
      const parameters = { Corrections: batches.seriesCorrections(sorted) };
      const [found] = await this.#database.call("usp_CorrectSeries", parameters);
      return found!.map(({ Corrected }) => rows.truth(Corrected));
    });
  }

  async nextDueAt(...[queues, types]: Args<"nextDueAt">): Promise<number | null> {
    if (queues.length === 0 || types.length === 0) return null;
    const [found] = await this.#database.call("usp_NextDueAt", {
      Queues: batches.queueNames(queues.map((name) => ({ name }))),
      Types: batches.typeNames(types),
    });
    return rows.instantOrNull(found![0]!.DueAtUtc);
  }

  /**
   * Never calls the listener: SQL Server cannot push, so workers poll ({@linkcode
   * SqlServerStorage.polling}).
   */
  onWake(): () => void {
    return () => {};
  }

  // ---- workers ----

  registerWorker(...[worker]: Args<"registerWorker">): Result<"registerWorker"> {
    return workers.registerWorker(this.#database, worker);
  }

  heartbeat(...[workerId, leaseMs]: Args<"heartbeat">): Result<"heartbeat"> {
    return workers.heartbeat(this.#database, workerId, leaseMs);
  }

  drainWorker(...[workerId, action]: Args<"drainWorker">): Result<"drainWorker"> {
    return workers.drainWorker(this.#database, workerId, action);
  }

  unregisterWorker(...[workerId]: Args<"unregisterWorker">): Promise<void> {
    return workers.unregisterWorker(this.#database, workerId);
  }

  releaseLost(...[request]: Args<"releaseLost">): Result<"releaseLost"> {
    return workers.releaseLost(this.#database, request);
  }

  // ---- queues and rate limits ----

  async setQueuePaused(...[queue, paused, action]: Args<"setQueuePaused">): Promise<void> {
    const storedQueue = toStoredName(queue, "queue", nameLengths.queue);
    const parameters = { QueueName: name(storedQueue, nameLengths.queue), Paused: bit(paused) };
    if (action === undefined) {
      await this.#database.call("usp_SetQueuePaused", parameters);
    } else {
      const noted = { ...parameters, ...actionParameters(action) };
      await this.#database.call("usp_SetQueuePausedBy", noted);
    }
  }

  editTasks(...[request]: Args<"editTasks">): Result<"editTasks"> {
    return editTasks(this.#database, request);
  }

  operatorActions(...args: Args<"operatorActions">): Result<"operatorActions"> {
    return operatorActions(this.#database, ...args);
  }

  async takeRateSlots(
    ...[requests]: Args<"takeRateSlots">
  ): Result<"takeRateSlots"> {
    const parameters = { Requests: batches.slotRequests(requests) };
    const [clock, slots] = await this.#database.call("usp_TakeRateSlots", parameters);
    return {
      now: Number(clock![0]!.NowMs),
      slots: slots!.map(({ SlotMs, Granted }) => ({
        slotAt: Number(SlotMs),
        granted: rows.truth(Granted),
      })),
    };
  }

  async returnRateSlots(...[slots]: Args<"returnRateSlots">): Promise<void> {
    await this.#database.call("usp_ReturnRateSlots", { Slots: batches.returnedSlots(slots) });
  }

  async releaseRateLimit(
    ...[key, action]: Args<"releaseRateLimit">
  ): Result<"releaseRateLimit"> {
    const storedKey = toStoredName(key, "key", nameLengths.rateKey);
    const parameters = { RateKey: name(storedKey, nameLengths.rateKey) };
    const [answer] = await this.#database.call("usp_ReleaseRateLimit", {
      ...parameters,
      ...actionParameters(action),
    });
    return rows.truth(answer![0]!.Known);
  }

  // ---- events of all processes ----

  watchEvents(...[request]: Args<"watchEvents">): Result<"watchEvents"> {
    return relay.watchEvents(this.#database, request);
  }

  unwatchEvents(...[watcherId]: Args<"unwatchEvents">): Result<"unwatchEvents"> {
    return relay.unwatchEvents(this.#database, watcherId);
  }

  publishEvents(...[batch]: Args<"publishEvents">): Result<"publishEvents"> {
    return relay.publishEvents(this.#database, batch);
  }

  readEvents(...[request]: Args<"readEvents">): Result<"readEvents"> {
    return relay.readEvents(this.#database, request);
  }

  sweepEvents(): Result<"sweepEvents"> {
    return relay.sweepEvents(this.#database);
  }

  heldTasks(): Result<"heldTasks"> {
    return statistics.heldTasks(this.#database);
  }

  rateLimits(...[page]: Args<"rateLimits">): Result<"rateLimits"> {
    return statistics.rateLimits(this.#database, page);
  }

  // ---- reports of workers ----

  reportWork(...[report]: Args<"reportWork">): Result<"reportWork"> {
    return reports.reportWork(this.#database, report);
  }

  activity(...[request]: Args<"activity">): Result<"activity"> {
    return reports.activity(this.#database, request);
  }

  failureGroups(...[page, span]: Args<"failureGroups">): Result<"failureGroups"> {
    return reports.failureGroups(this.#database, page, span);
  }

  // ---- reading ----

  get(...[taskId]: Args<"get">): Result<"get"> {
    return reading.readTask(this.#database, { id: taskId });
  }

  getByTaskKey(...[taskKey]: Args<"getByTaskKey">): Result<"getByTaskKey"> {
    return reading.readTask(this.#database, { taskKey });
  }

  list(...[filter = {}, page = {}]: Args<"list">): Result<"list"> {
    const list = isByDue(page) ? listDueTasks : listTasks;
    return list(this.#database, filter, page);
  }

  count(...[filter, request]: Args<"count">): Result<"count"> {
    return countTasks(this.#database, filter, request);
  }

  statusAudit(...[taskId, page = {}]: Args<"statusAudit">): Result<"statusAudit"> {
    return reading.readHistory(this.#database, reading.statusAudit, taskId, page);
  }

  runsAudit(...[taskId, page = {}]: Args<"runsAudit">): Result<"runsAudit"> {
    return reading.readHistory(this.#database, reading.runsAudit, taskId, page);
  }

  executionLogs(
    ...[taskId, page = {}]: Args<"executionLogs">
  ): Result<"executionLogs"> {
    return reading.readHistory(this.#database, reading.executionLog, taskId, page);
  }

  countExecutionLogs(
    ...[taskId, run, limit]: Args<"countExecutionLogs">
  ): Result<"countExecutionLogs"> {
    return reading.countExecutionLogs(this.#database, taskId, run, limit);
  }

  workers(): Result<"workers"> {
    return workers.readWorkers(this.#database);
  }

  backlog(...[cap]: Args<"backlog">): Result<"backlog"> {
    return statistics.readBacklog(this.#database, cap);
  }

  statistics(...[options]: Args<"statistics">): Result<"statistics"> {
    return statistics.readStatistics(this.#database, options);
  }

  tableSizes(): Result<"tableSizes"> {
    return readTableSizes(this.#database);
  }

  auditGrowth(...[options]: Args<"auditGrowth">): Result<"auditGrowth"> {
    return readAuditGrowth(this.#database, options);
  }

  // ---- logs and retention ----

  async saveExecutionLogs(...[lines]: Args<"saveExecutionLogs">): Promise<void> {
    if (lines.length === 0) return;
    const parameters = { Lines: batches.logLines(lines) };
    await this.#database.call("usp_SaveExecutionLogs", parameters);
  }

  purge(policy: RetentionPolicy, options: PurgeOptions): Promise<PurgeResult> {
    return this.#purge.run(this.#database, policy, options);
  }

  async #connect(): Promise<{ readonly now: number }> {
    try {
      await this.#database.connect();
      return await prepareSchema(this.#database, this.#migrate);
    } catch (error) {
      await this.#database.close();
      throw error;
    }
  }
}
