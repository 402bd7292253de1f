// SQL Server as a Storage: each verb is a call of the procedure that keeps its promise (sql/sqlserver/), one round trip.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import { WorkerLostError } from "../../src/storage/errors.ts";
import type {
  CancelOutcome,
  ChangeResult,
  Polling,
  RunEnd,
  StatusChange,
} from "../../src/storage/requests.ts";
import type { PurgeOptions, PurgeResult, RetentionPolicy } from "../../src/storage/retention.ts";
import { setStatusByMany, updateCurrentRunByMany } from "../../src/storage/single_changes.ts";
import type { Storage } from "../../src/storage/storage.ts";
import * as batches from "./batches.ts";
import type { Recordsets, SqlServerDatabase } from "./database.ts";
import { toDate, toWholeMs } from "./instants.ts";
import { prepareSchema } from "./migration.ts";
import { bigInt, bit, float, id, instant, int, name, text } from "./mssql.ts";
import { purgeInSteps } from "./purging.ts";
import * as reading from "./reading.ts";
import * as rows from "./rows.ts";
import { fromStoredName, nameLengths, toStored, toStoredName } from "./text.ts";

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
      WorkerId: worker(workerId),
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

  async setStatusMany(
    ...[changes, options]: Args<"setStatusMany">
  ): Promise<readonly ChangeResult[]> {
    if (changes.length === 0) return [];
    if (changes.length === 1 && changes[0]!.steps.length === 1) {
      return toResults(await this.#setStatus(changes[0]!, options?.connection));
    }
    const parameters = {
      Changes: batches.statusChanges(changes),
      Steps: batches.statusSteps(changes),
    };
    const found = await this.#database.call("usp_SetTaskStatuses", parameters, options?.connection);
    return toResults(found);
  }

  updateCurrentRun(...args: Args<"updateCurrentRun">): ReturnType<Storage["updateCurrentRun"]> {
    return updateCurrentRunByMany(this, ...args);
  }

  async updateCurrentRunMany(
    ...[runs, options]: Args<"updateCurrentRunMany">
  ): Promise<readonly ChangeResult[]> {
    if (runs.length === 0) return [];
    if (runs.length === 1 && runs[0]!.steps.length === 1) {
      return toResults(await this.#updateCurrentRun(runs[0]!, options?.connection));
    }
    const parameters = {
      Runs: batches.runEnds(runs),
      Steps: batches.statusSteps(runs),
    };
    const found = await this.#database.call(
      "usp_UpdateCurrentRuns",
      parameters,
      options?.connection,
    );
    return toResults(found);
  }

  async requestCancel(...[taskIds]: Args<"requestCancel">): Promise<readonly CancelOutcome[]> {
    if (taskIds.length === 0) return [];
    const [found] = await this.#database.call("usp_RequestCancel", {
      TaskIds: batches.taskIds(taskIds),
    });
    return found!.map(({ Outcome }) => Outcome as CancelOutcome);
  }

  async release(...[workerId, tasks]: Args<"release">): Promise<void> {
    if (tasks.length === 0) return;
    const parameters = { WorkerId: worker(workerId), Tasks: batches.releasedTasks(tasks) };
    await this.#database.call("usp_ReleaseTasks", parameters);
  }

  async releaseUnknown(...[workerId, known]: Args<"releaseUnknown">): Promise<number> {
    const parameters = { WorkerId: worker(workerId), Known: batches.taskIds(known) };
    const [found] = await this.#database.call("usp_ReleaseUnknown", parameters);
    return Number(found![0]!.Released);
  }

  async makeDue(...[taskIds]: Args<"makeDue">): Promise<readonly boolean[]> {
    if (taskIds.length === 0) return [];
    const [found] = await this.#database.call("usp_MakeDue", { TaskIds: batches.taskIds(taskIds) });
    return found!.map(({ Due }) => rows.truth(Due));
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

  async registerWorker({ id, host }: Args<"registerWorker">[0]): Promise<void> {
    const storedHost = toStoredName(host, "host", nameLengths.host);
    const parameters = { WorkerId: worker(id), Host: name(storedHost, nameLengths.host) };
    await this.#database.call("usp_RegisterWorker", parameters);
  }

  async heartbeat(...[workerId, leaseMs]: Args<"heartbeat">): ReturnType<Storage["heartbeat"]> {
    const parameters = { WorkerId: worker(workerId), LeaseMs: bigInt(toWholeMs(leaseMs)) };
    const [state, cancels, paused] = await this.#database.call("usp_Heartbeat", parameters);
    const { Now, Alive, OthersLost } = state![0]!;
    return {
      now: rows.instant(Now),
      alive: rows.truth(Alive),
      cancelRequests: cancels!.map(({ TaskId }) => rows.id(TaskId)),
      pausedQueues: paused!.map(({ QueueName }) => fromStoredName(rows.text(QueueName))),
      othersLost: rows.truth(OthersLost),
    };
  }

  async unregisterWorker(...[workerId]: Args<"unregisterWorker">): Promise<void> {
    await this.#database.call("usp_UnregisterWorker", { WorkerId: worker(workerId) });
  }

  async releaseLost(...[request]: Args<"releaseLost">): ReturnType<Storage["releaseLost"]> {
    const { leaseMs, poisonLimit, lostReason, poisonReason } = request;
    const [lost] = await this.#database.call("usp_ReleaseLost", {
      LeaseMs: bigInt(toWholeMs(leaseMs)),
      PoisonLimit: int(poisonLimit),
      LostReason: text(toStored(lostReason)),
      PoisonReason: text(toStored(poisonReason)),
    });
    return lost!.map((row) => ({
      taskId: rows.id(row.TaskId),
      type: fromStoredName(rows.text(row.Type)),
      queue: fromStoredName(rows.textOrNull(row.QueueName)) ?? rows.defaultQueue,
      workerId: fromStoredName(rows.text(row.WorkerId)),
      lostCount: Number(row.LostCount),
      poisoned: rows.truth(row.Poisoned),
    }));
  }

  // ---- queues and rate limits ----

  async setQueuePaused(...[queue, paused]: Args<"setQueuePaused">): Promise<void> {
    const storedQueue = toStoredName(queue, "queue", nameLengths.queue);
    const parameters = { QueueName: name(storedQueue, nameLengths.queue), Paused: bit(paused) };
    await this.#database.call("usp_SetQueuePaused", parameters);
  }

  async reserveRateSlots(
    ...[requests]: Args<"reserveRateSlots">
  ): ReturnType<Storage["reserveRateSlots"]> {
    const parameters = { Requests: batches.slotRequests(requests) };
    const [clock, slots] = await this.#database.call("usp_ReserveRateSlots", parameters);
    return {
      now: Number(clock![0]!.NowMs),
      slots: slots!.map(({ SlotMs, Granted }) => ({
        slotAt: Number(SlotMs),
        granted: rows.truth(Granted),
      })),
    };
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

  async workers(): ReturnType<Storage["workers"]> {
    const query = "SELECT [Id], [Host], [StartedUtc], [HeartbeatUtc] FROM [EverTask].[Workers] " +
      "ORDER BY [StartedUtc], [Id];";
    const [found] = await this.#database.query(query);
    return found!.map(rows.toWorker);
  }

  statistics(): ReturnType<Storage["statistics"]> {
    return reading.readStatistics(this.#database);
  }

  auditGrowth(): ReturnType<Storage["auditGrowth"]> {
    return reading.readAuditGrowth(this.#database);
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

  /** One change of one step, the commonest: typed parameters cost the server less than a document. */
  #setStatus(change: StatusChange, connection: unknown): Promise<Recordsets> {
    const { status, exception, agoMs } = batches.lastStep(change);
    const parameters = {
      TaskId: id(change.taskId),
      Status: name(status, 15),
      Exception: text(toStored(exception)),
      AuditLevel: int(auditLevelToNumber(change.auditLevel)),
      ExecutionTimeMs: float(change.executionTimeMs ?? null),
      AgoMs: bigInt(toWholeMs(agoMs)),
      ...leaseParameters(change),
      DueInMs: bigInt(change.dueInMs === undefined ? null : toWholeMs(change.dueInMs)),
      ReturnAttempt: bit(change.returnAttempt ?? false),
      RateSlotUtc: instant(toDate(change.rateSlotAt ?? null)),
    };
    return this.#database.call("usp_SetTaskStatus", parameters, connection);
  }

  /** One run of one step. */
  #updateCurrentRun(run: RunEnd, connection: unknown): Promise<Recordsets> {
    const { status, exception, agoMs } = batches.lastStep(run);
    const parameters = {
      TaskId: id(run.taskId),
      ExecutionTimeMs: float(run.executionTimeMs),
      NextRunUtc: instant(toDate(run.nextRunAt)),
      AuditLevel: int(auditLevelToNumber(run.auditLevel)),
      Status: name(status, 15),
      Exception: text(toStored(exception)),
      AgoMs: bigInt(toWholeMs(agoMs)),
      ...leaseParameters(run),
      Counts: bit(run.counts ?? true),
    };
    return this.#database.call("usp_UpdateCurrentRun", parameters, connection);
  }
}

function worker(workerId: string) {
  return name(batches.storedWorker(workerId), nameLengths.worker);
}

function leaseParameters({ lease }: Pick<StatusChange, "lease">) {
  return {
    WorkerId: lease === undefined ? name(null, nameLengths.worker) : worker(lease.workerId),
    LeaseToken: bigInt(lease === undefined ? null : lease.token),
  };
}

function toResults([found]: Recordsets): ChangeResult[] {
  return found!.map(({ Applied }) => ({ applied: rows.truth(Applied) }));
}
