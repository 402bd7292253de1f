// Implements the storage contract in PostgreSQL. Each method calls a function of sql/postgres/, and
// converts its result to the contract's types.

import { checkCount } from "../../src/guards/argument_checks.ts";
import { WorkerLostError } from "../../src/storage/errors.ts";
import type { VerbArguments as Args, VerbResult as Result } from "../../src/storage/kit/verbs.ts";
import { rateLimitPage } from "../../src/storage/paging.ts";
import {
  mostHeldRead,
  type RateLimitRecord,
  type StatisticsOptions,
} from "../../src/storage/queries.ts";
import type {
  CancelOutcome,
  HeartbeatResult,
  Polling,
  WakeSignal,
} from "../../src/storage/requests.ts";
import { setStatusByMany, updateCurrentRunByMany } from "../../src/storage/single_changes.ts";
import type { StorageMaintenance } from "../../src/storage/maintenance.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { StorageCopying } from "../../src/storage/storage_copying.ts";
import { encodeServes } from "../../src/storage/worker_serves.ts";
import { readMember } from "../../src/thrown/reading.ts";
import { systemClock } from "../../src/time/clock.ts";
import { operatorActions } from "./actions.ts";
import { setStatusMany, updateCurrentRunMany } from "./changes.ts";
import { ClaimScan, type ScannedClaim } from "./claim_scan.ts";
import { DatabaseAccess } from "./database.ts";
import { copyingOf } from "./copying.ts";
import { codeOf } from "./errors.ts";
import { editTasks } from "./operations.ts";
import type { ResolvedOptions } from "./options.ts";
import { persist } from "./persist.ts";
import { Purge } from "./purge.ts";
import { getTask, getTaskByKey, listHistory } from "./reading.ts";
import { publishEvents, readEvents, watchEvents } from "./relay.ts";
import {
  byTaskId,
  type ClaimedLists,
  fromClaimedLists,
  type StoredTableSize,
  type StoredWorker,
  toCorrection,
  toId,
  toLogLine,
  toReleased,
  toTableSize,
  toWorker,
} from "./rows.ts";
import { activity, failureGroups, reportWork } from "./reports.ts";
import { countTasks, listTasks } from "./search.ts";
import { statistics } from "./statistics.ts";

/** The result of claim_tasks. */
interface StoredClaim extends Omit<ScannedClaim, "tasks"> {
  /** The claimed tasks; null for none. */
  readonly tasks: ClaimedLists | null;
}

/** The result of heartbeat. */
interface StoredHeartbeat extends HeartbeatResult {
  readonly seenBelow: string | null;
}

/** The SQLSTATE that claim_tasks raises for an unregistered worker. */
const workerLost = "EVT01";

/** The storage of one process in PostgreSQL. */
export class PostgresStorage implements Storage {
  readonly name = "postgres";
  readonly polling: Polling;
  readonly copying: StorageCopying;
  readonly maintenance: StorageMaintenance;
  readonly #access: DatabaseAccess;
  readonly #scan = new ClaimScan(systemClock);
  readonly #purge = new Purge(systemClock);
  readonly #wakeListeners = new Set<(signal: WakeSignal) => void>();
  /**
   * The position at which the next heartbeat continues the search for tasks of unknown workers;
   * null to start again.
   */
  #seenBelow: string | null = null;

  constructor(options: ResolvedOptions) {
    this.#access = new DatabaseAccess(options, (signal) => {
      for (const listener of this.#wakeListeners) listener(signal);
    });
    this.polling = options.polling;
    this.copying = copyingOf(this.#access);
    this.maintenance = {
      open: async () => new (await import("./maintenance.ts")).PostgresMaintenance(options),
    };
  }

  async open(): Result<"open"> {
    const { channel } = await this.#access.open();
    if (this.#wakeListeners.size > 0) channel?.listen();
    return { now: await this.#access.call("clock_ms") };
  }

  close(): Result<"close"> {
    return this.#access.close();
  }

  // ---- tasks ----

  persist(...[tasks, options]: Args<"persist">): Result<"persist"> {
    return persist(this.#access, tasks, options);
  }

  async claim({ workerId, types, queues }: Args<"claim">[0]): Result<"claim"> {
    const from = this.#scan.begin(queues);
    try {
      const claim = await this.#access.call<StoredClaim>("claim_tasks", workerId, types, from);
      const tasks = claim.tasks === null ? [] : fromClaimedLists(claim.tasks);
      this.#scan.learn(from, { ...claim, tasks });
      return { now: claim.now, tasks };
    } catch (error) {
      const isLost = codeOf(readMember(error, "cause")) === workerLost;
      throw isLost ? new WorkerLostError(workerId) : error;
    }
  }

  setStatus(...args: Args<"setStatus">): Result<"setStatus"> {
    return setStatusByMany(this, ...args);
  }

  setStatusMany(...[changes, options]: Args<"setStatusMany">): Result<"setStatusMany"> {
    return setStatusMany(this.#access, changes, options?.connection);
  }

  updateCurrentRun(...args: Args<"updateCurrentRun">): Result<"updateCurrentRun"> {
    return updateCurrentRunByMany(this, ...args);
  }

  updateCurrentRunMany(
    ...[runs, options]: Args<"updateCurrentRunMany">
  ): Result<"updateCurrentRunMany"> {
    return updateCurrentRunMany(this.#access, runs, options?.connection);
  }

  async requestCancel(...[taskIds]: Args<"requestCancel">): Result<"requestCancel"> {
    if (taskIds.length === 0) return [];
    const sender = this.#access.session.channel?.sender ?? null;
    const outcomes = await this.#access.call<Record<string, CancelOutcome>>(
      "request_cancel",
      taskIds.map(toId),
      sender,
    );
    return taskIds.map((taskId) => outcomes[taskId] ?? "unknown");
  }

  async release(...[workerId, tasks]: Args<"release">): Result<"release"> {
    if (tasks.length === 0) return;
    const rows = [...tasks].sort(byTaskId).map(toReleased);
    await this.#access.call("release_tasks", workerId, rows, this.#access.message("tasks"));
  }

  async releaseUnknown(...[workerId, known]: Args<"releaseUnknown">): Result<"releaseUnknown"> {
    const message = this.#access.message("tasks");
    return await this.#access.call<number>(
      "release_unknown_tasks",
      workerId,
      known.map(toId),
      message,
    );
  }

  async makeDue(...[taskIds]: Args<"makeDue">): Result<"makeDue"> {
    if (taskIds.length === 0) return [];
    const message = this.#access.message("tasks");
    const due = new Set(await this.#access.call<string[]>("make_due", taskIds.map(toId), message));
    return taskIds.map((taskId) => due.has(taskId));
  }

  async correctSeries(...[corrections]: Args<"correctSeries">): Result<"correctSeries"> {
    if (corrections.length === 0) return [];
    const rows = [...corrections].sort(byTaskId).map(toCorrection);
    const message = this.#access.message("tasks");
    const corrected = new Set(await this.#access.call<string[]>("correct_series", rows, message));
    return corrections.map(({ taskId }) => corrected.has(taskId));
  }

  async nextDueAt(...[queues, types]: Args<"nextDueAt">): Result<"nextDueAt"> {
    if (queues.length === 0 || types.length === 0) return null;
    const from = this.#scan.begin(queues.map((name) => ({ name })));
    return await this.#access.call("next_due_at", from, types);
  }

  onWake(...[listener]: Args<"onWake">): Result<"onWake"> {
    this.#wakeListeners.add(listener);
    if (this.#access.isOpen) this.#access.session.channel?.listen();
    return () => this.#wakeListeners.delete(listener);
  }

  // ---- workers ----

  async registerWorker(
    ...[{ id, host, serves, process }]: Args<"registerWorker">
  ): Result<"registerWorker"> {
    await this.#access.call("register_worker", id, host, encodeServes(serves, process));
  }

  async heartbeat(...[workerId, leaseMs, holdsSince]: Args<"heartbeat">): Result<"heartbeat"> {
    const { seenBelow, ...result } = await this.#access.call<StoredHeartbeat>(
      "heartbeat",
      workerId,
      leaseMs,
      this.#seenBelow,
      holdsSince ?? null,
    );
    this.#seenBelow = seenBelow;
    return result;
  }

  async drainWorker(...[workerId, action]: Args<"drainWorker">): Result<"drainWorker"> {
    const message = this.#access.message("queues");
    return await this.#access.call("drain_worker", workerId, action, message);
  }

  async unregisterWorker(...[workerId]: Args<"unregisterWorker">): Result<"unregisterWorker"> {
    await this.#access.call("unregister_worker", workerId);
  }

  async releaseLost(...[request]: Args<"releaseLost">): Result<"releaseLost"> {
    const { leaseMs, poisonLimit, lostReason, poisonReason } = request;
    const message = this.#access.message("tasks");
    return await this.#access.call(
      "release_lost",
      leaseMs,
      poisonLimit,
      lostReason,
      poisonReason,
      message,
    );
  }

  // ---- queues and rate limits ----

  async setQueuePaused(
    ...[queue, paused, action]: Args<"setQueuePaused">
  ): Result<"setQueuePaused"> {
    const message = this.#access.message("queues");
    if (action === undefined) {
      await this.#access.call("set_queue_paused", queue, paused, message);
    } else {
      await this.#access.call("set_queue_paused_by", queue, paused, action, message);
    }
  }

  async takeRateSlots(...[requests]: Args<"takeRateSlots">): Result<"takeRateSlots"> {
    return await this.#access.call("take_rate_slots", requests);
  }

  async returnRateSlots(...[slots]: Args<"returnRateSlots">): Result<"returnRateSlots"> {
    await this.#access.call("return_rate_slots", slots);
  }

  async releaseRateLimit(
    ...[key, action]: Args<"releaseRateLimit">
  ): Result<"releaseRateLimit"> {
    return await this.#access.call("release_rate_limit", key, action);
  }

  async heldTasks(): Result<"heldTasks"> {
    return await this.#access.call("held_tasks", mostHeldRead);
  }

  async rateLimits(...[page]: Args<"rateLimits">): Result<"rateLimits"> {
    const { after, limit, of } = rateLimitPage(page);
    return of(await this.#access.call<RateLimitRecord[]>("list_rate_limits", after, limit + 1));
  }

  // ---- changes by operators ----

  editTasks(...[request]: Args<"editTasks">): Result<"editTasks"> {
    return editTasks(this.#access, request);
  }

  operatorActions(...args: Args<"operatorActions">): Result<"operatorActions"> {
    return operatorActions(this.#access.call, ...args);
  }

  // ---- events of all processes ----

  watchEvents(...[request]: Args<"watchEvents">): Result<"watchEvents"> {
    return watchEvents(this.#access, request);
  }

  async unwatchEvents(...[watcherId]: Args<"unwatchEvents">): Result<"unwatchEvents"> {
    await this.#access.call("unwatch_events", watcherId);
  }

  publishEvents(...[batch]: Args<"publishEvents">): Result<"publishEvents"> {
    return publishEvents(this.#access, batch);
  }

  readEvents(...[request]: Args<"readEvents">): Result<"readEvents"> {
    return readEvents(this.#access, request);
  }

  async sweepEvents(): Result<"sweepEvents"> {
    return await this.#access.call("sweep_events");
  }

  // ---- reports of workers ----

  reportWork(...[report]: Args<"reportWork">): Result<"reportWork"> {
    return reportWork(this.#access.call, report);
  }

  activity(...[request]: Args<"activity">): Result<"activity"> {
    return activity(this.#access.call, request);
  }

  failureGroups(...[page, span]: Args<"failureGroups">): Result<"failureGroups"> {
    return failureGroups(this.#access.call, page, span);
  }

  // ---- reading ----

  get(...[taskId]: Args<"get">): Result<"get"> {
    return getTask(this.#access.call, taskId);
  }

  getByTaskKey(...[taskKey]: Args<"getByTaskKey">): Result<"getByTaskKey"> {
    return getTaskByKey(this.#access.call, taskKey);
  }

  list(...args: Args<"list">): Result<"list"> {
    return listTasks(this.#access.call, ...args);
  }

  count(...args: Args<"count">): Result<"count"> {
    return countTasks(this.#access.call, ...args);
  }

  statusAudit(...args: Args<"statusAudit">): Result<"statusAudit"> {
    return listHistory(this.#access.call, "status_audit", ...args);
  }

  runsAudit(...args: Args<"runsAudit">): Result<"runsAudit"> {
    return listHistory(this.#access.call, "runs_audit", ...args);
  }

  executionLogs(...args: Args<"executionLogs">): Result<"executionLogs"> {
    return listHistory(this.#access.call, "execution_logs", ...args);
  }

  async countExecutionLogs(
    ...[taskId, run, limit]: Args<"countExecutionLogs">
  ): Result<"countExecutionLogs"> {
    return await this.#access.call("count_execution_logs", toId(taskId), run, limit);
  }

  async workers(): Result<"workers"> {
    return (await this.#access.call<StoredWorker[]>("list_workers")).map(toWorker);
  }

  async backlog(...[cap]: Args<"backlog">): Result<"backlog"> {
    if (cap !== undefined) checkCount(cap, "cap");
    return await this.#access.call("task_backlog", cap);
  }

  statistics(options?: StatisticsOptions): Result<"statistics"> {
    return statistics(this.#access.call, options);
  }

  async tableSizes(): Result<"tableSizes"> {
    return (await this.#access.call<StoredTableSize[]>("table_sizes")).map(toTableSize);
  }

  async auditGrowth(...[{ exact = false } = {}]: Args<"auditGrowth">): Result<"auditGrowth"> {
    return await this.#access.call("audit_growth", exact);
  }

  // ---- logs and retention ----

  async saveExecutionLogs(...[lines]: Args<"saveExecutionLogs">): Result<"saveExecutionLogs"> {
    if (lines.length > 0) await this.#access.call("save_execution_logs", lines.map(toLogLine));
  }

  purge(...[policy, options]: Args<"purge">): Result<"purge"> {
    return this.#purge.run(this.#access.call, this.#access.session.processId, policy, options);
  }
}
