// SQL Server as a Storage: each verb is a call of the procedure that keeps its promise
// (sql/sqlserver/), one round trip.

import { WorkerLostError } from "../../src/storage/errors.ts";
import type { CancelOutcome, Polling } from "../../src/storage/requests.ts";
import type { PurgeOptions, PurgeResult, RetentionPolicy } from "../../src/storage/retention.ts";
import { setStatusByMany, updateCurrentRunByMany } from "../../src/storage/single_changes.ts";
import type { Storage } from "../../src/storage/storage.ts";
import * as batches from "./batches.ts";
import * as changes from "./changes.ts";
import type { SqlServerDatabase } from "./database.ts";
import { byLock, inLockOrder } from "./lock_order.ts";
import { prepareSchema } from "./migrations.ts";
import { bit, name } from "./mssql.ts";
import { purgeInSteps } from "./purge.ts";
import * as reading from "./reading.ts";
import * as rows from "./rows.ts";
import * as statistics from "./statistics.ts";
import { nameLengths, toStoredName } from "./text.ts";
import * as workers from "./workers.ts";

/** The arguments of a verb of the contract. */
type Args<Verb extends keyof Storage> = Storage[Verb] extends (...args: infer A) => unknown ? A
  : never;

/** A process's view of a database. */
export class SqlServerStorage implements Storage {
  readonly name = "sqlserver";
  readonly polling: Polling;
  readonly #database: SqlServerDatabase;
  readonly #migrate: boolean;
  #opening: Promise<{ readonly now: number }> | null = null;

  constructor(database: SqlServerDatabase, migrate: boolean, polling: Polling) {
    this.#database = database;
    this.#migrate = migrate;
    this.polling = polling;
  }

  async open(): Promise<{ readonly now: number }> {
    const opening = this.#opening ??= this.#connect();
    try {
      return await opening;
    } catch (error) {
      if (this.#opening === opening) this.#opening = null;
      throw error;
    }
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    await opening?.catch(() => {});
    await this.#database.close();
  }

  // ---- the life of a task ----

  async persist(...[tasks, options]: Args<"persist">): ReturnType<Storage["persist"]> {
    if (tasks.length === 0) return [];
    const parameters = { Tasks: batches.newTasks(tasks) };
    const [found] = await this.#database.call("usp_PersistTasks", parameters, options?.connection);
    return found!.map(({ Id, Outcome, Claimed }) => ({
      id: rows.id(Id),
      outcome: Outcome as "created" | "updated" | "existing",
      claimed: rows.truth(Claimed),
    }));
  }

  async claim(...[request]: Args<"claim">): ReturnType<Storage["claim"]> {
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

  setStatus(...args: Args<"setStatus">): ReturnType<Storage["setStatus"]> {
    return setStatusByMany(this, ...args);
  }

  setStatusMany(...[list, options]: Args<"setStatusMany">): ReturnType<Storage["setStatusMany"]> {
    return changes.setStatusMany(this.#database, list, options?.connection);
  }

  updateCurrentRun(...args: Args<"updateCurrentRun">): ReturnType<Storage["updateCurrentRun"]> {
    return updateCurrentRunByMany(this, ...args);
  }

  updateCurrentRunMany(
    ...[runs, options]: Args<"updateCurrentRunMany">
  ): ReturnType<Storage["updateCurrentRunMany"]> {
    return changes.updateCurrentRunMany(this.#database, runs, options?.connection);
  }

  requestCancel(...[taskIds]: Args<"requestCancel">): ReturnType<Storage["requestCancel"]> {
    return inLockOrder(taskIds, (id) => id, async (sorted) => {
      const parameters = { TaskIds: batches.taskIds(sorted) };
      const [found] = await this.#database.call("usp_RequestCancel", parameters);
      return found!.map(({ Outcome }) => Outcome as CancelOutcome);
    });
  }

  async release(...[workerId, tasks]: Args<"release">): Promise<void> {
    if (tasks.length === 0) return;
    const released = batches.releasedTasks(byLock(tasks, ({ taskId }) => taskId));
    const parameters = { WorkerId: workers.worker(workerId), Tasks: released };
    await this.#database.call("usp_ReleaseTasks", parameters);
  }

  async releaseUnknown(...[workerId, known]: Args<"releaseUnknown">): Promise<number> {
    const parameters = { WorkerId: workers.worker(workerId), Known: batches.taskIds(known) };
    const [found] = await this.#database.call("usp_ReleaseUnknown", parameters);
    return Number(found![0]!.Released);
  }

  makeDue(...[taskIds]: Args<"makeDue">): ReturnType<Storage["makeDue"]> {
    return inLockOrder(taskIds, (id) => id, async (sorted) => {
      const parameters = { TaskIds: batches.taskIds(sorted) };
      const [found] = await this.#database.call("usp_MakeDue", parameters);
      return found!.map(({ Due }) => rows.truth(Due));
    });
  }

  correctSeries(...[corrections]: Args<"correctSeries">): ReturnType<Storage["correctSeries"]> {
    return inLockOrder(corrections, ({ taskId }) => taskId, async (sorted) => {
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

  /** SQL Server cannot push: workers poll ({@linkcode SqlServerStorage.polling}). */
  onWake(): () => void {
    return () => {};
  }

  // ---- workers ----

  registerWorker(...[worker]: Args<"registerWorker">): ReturnType<Storage["registerWorker"]> {
    return workers.registerWorker(this.#database, worker);
  }

  heartbeat(...[workerId, leaseMs]: Args<"heartbeat">): ReturnType<Storage["heartbeat"]> {
    return workers.heartbeat(this.#database, workerId, leaseMs);
  }

  unregisterWorker(...[workerId]: Args<"unregisterWorker">): Promise<void> {
    return workers.unregisterWorker(this.#database, workerId);
  }

  releaseLost(...[request]: Args<"releaseLost">): ReturnType<Storage["releaseLost"]> {
    return workers.releaseLost(this.#database, request);
  }

  // ---- queues and rate limits ----

  async setQueuePaused(...[queue, paused]: Args<"setQueuePaused">): Promise<void> {
    const storedQueue = toStoredName(queue, "queue", nameLengths.queue);
    const parameters = { QueueName: name(storedQueue, nameLengths.queue), Paused: bit(paused) };
    await this.#database.call("usp_SetQueuePaused", parameters);
  }

  async takeRateSlots(
    ...[requests]: Args<"takeRateSlots">
  ): ReturnType<Storage["takeRateSlots"]> {
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

  // ---- reading ----

  get(...[taskId]: Args<"get">): ReturnType<Storage["get"]> {
    return reading.readTask(this.#database, { id: taskId });
  }

  getByTaskKey(...[taskKey]: Args<"getByTaskKey">): ReturnType<Storage["getByTaskKey"]> {
    return reading.readTask(this.#database, { taskKey });
  }

  list(...[filter = {}, page = {}]: Args<"list">): ReturnType<Storage["list"]> {
    return reading.listTasks(this.#database, filter, page);
  }

  statusAudit(...[taskId, page = {}]: Args<"statusAudit">): ReturnType<Storage["statusAudit"]> {
    return reading.readHistory(this.#database, reading.statusAudit, taskId, page);
  }

  runsAudit(...[taskId, page = {}]: Args<"runsAudit">): ReturnType<Storage["runsAudit"]> {
    return reading.readHistory(this.#database, reading.runsAudit, taskId, page);
  }

  executionLogs(
    ...[taskId, page = {}]: Args<"executionLogs">
  ): ReturnType<Storage["executionLogs"]> {
    return reading.readHistory(this.#database, reading.executionLog, taskId, page);
  }

  countExecutionLogs(
    ...[taskId, run, limit]: Args<"countExecutionLogs">
  ): ReturnType<Storage["countExecutionLogs"]> {
    return reading.countExecutionLogs(this.#database, taskId, run, limit);
  }

  workers(): ReturnType<Storage["workers"]> {
    return workers.readWorkers(this.#database);
  }

  backlog(): ReturnType<Storage["backlog"]> {
    return statistics.readBacklog(this.#database);
  }

  statistics(): ReturnType<Storage["statistics"]> {
    return statistics.readStatistics(this.#database);
  }

  auditGrowth(): ReturnType<Storage["auditGrowth"]> {
    return statistics.readAuditGrowth(this.#database);
  }

  // ---- logs and retention ----

  async saveExecutionLogs(...[lines]: Args<"saveExecutionLogs">): Promise<void> {
    if (lines.length === 0) return;
    const parameters = { Lines: batches.logLines(lines) };
    await this.#database.call("usp_SaveExecutionLogs", parameters);
  }

  purge(policy: RetentionPolicy, options: PurgeOptions): Promise<PurgeResult> {
    return purgeInSteps(this.#database, policy, options);
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
