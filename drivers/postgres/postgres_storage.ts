// The storage contract over PostgreSQL. What the verbs do is in the functions of sql/postgres/; here each is one call of
// one of them, and its answer is turned into what the contract promises.

import { StorageClosedError, WorkerLostError } from "../../src/storage/errors.ts";
import { pageLimit, pageStart, pageStartId, toPage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import type { ClaimedTask, TaskRecord } from "../../src/storage/records.ts";
import type {
  CancelOutcome,
  ChangeResult,
  NewTask,
  PersistResult,
  Polling,
  WakeSignal,
} from "../../src/storage/requests.ts";
import { setStatusByMany, updateCurrentRunByMany } from "../../src/storage/single_changes.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { type TaskStatus, taskStatuses } from "../../src/storage/task_status.ts";
import { systemClock } from "../../src/time/clock.ts";
import { ClaimWalk, type WalkedClaim } from "./claim_walk.ts";
import { runInTransaction } from "./connection.ts";
import { codeOf } from "./database_errors.ts";
import { type FunctionName, Functions } from "./functions.ts";
import type { ResolvedOptions } from "./options.ts";
import { purge } from "./purging.ts";
import {
  fromStored,
  type Stored,
  toId,
  toLogLine,
  toNewTask,
  toReleased,
  toRunEnd,
  toStatusChange,
} from "./rows.ts";
import { type Session, startSession } from "./session.ts";

/** The arguments of a verb of the contract. */
type Args<Verb extends keyof Storage> = Storage[Verb] extends (...args: infer A) => unknown ? A
  : never;

/** What a verb of the contract returns. */
type Result<Verb extends keyof Storage> = Storage[Verb] extends (...args: never) => infer R ? R
  : never;

/** What claim_tasks answers. */
interface StoredClaim extends WalkedClaim {
  readonly tasks: readonly Stored<ClaimedTask>[];
}

/** The SQLSTATE that claim_tasks raises for a worker that is not registered. */
const workerLost = "EVT01";

/** One process's storage in PostgreSQL. */
export class PostgresStorage implements Storage {
  readonly name = "postgres";
  readonly polling: Polling;
  readonly #options: ResolvedOptions;
  readonly #functions: Functions;
  /** Null while it is closed; opening is a promise, so that two callers open it once. */
  #session: Promise<Session> | null = null;
  #opened: Session | null = null;
  readonly #walk = new ClaimWalk(systemClock);
  readonly #wakeListeners = new Set<(signal: WakeSignal) => void>();
  #isPurging = false;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#functions = new Functions(options.schema);
    this.polling = options.notify
      ? { busyMs: 1_000, idleMs: 2_000 } // others tell of what is due now; only what they dispatch for later is looked for
      : { busyMs: 100, idleMs: 1_000 };
  }

  async open(): Promise<{ readonly now: number }> {
    this.#session ??= startSession(this.#options, this.#functions, (signal) => {
      for (const listener of this.#wakeListeners) listener(signal);
    });
    try {
      this.#opened = await this.#session;
    } catch (error) {
      this.#session = null;
      throw error;
    }
    if (this.#wakeListeners.size > 0) this.#opened.channel?.listen();
    return { now: await this.#call("clock_ms") };
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    this.#opened = null;
    await (await session?.catch(() => null))?.close();
  }

  // ---- the life of a task ----

  async persist(...[tasks, options = {}]: Args<"persist">): Result<"persist"> {
    if (tasks.length === 0) return [];
    const { channel } = this.#open();
    const wakes = tasks.some(isForOthersNow);
    const inTransaction = options.connection !== undefined;
    let message = null;
    if (wakes) message = inTransaction ? channel?.messageToAll() : channel?.takeTasksMessage();
    const answers = await this.#callIn<PersistResult[] | null>(
      options.connection,
      "persist_tasks",
      tasks.map(toNewTask),
      message,
    );
    if (wakes && !inTransaction && !message) channel?.tellOfTasks();
    return answers ??
      tasks.map(({ id, claimFor }) => ({ id, outcome: "created", claimed: claimFor !== null }));
  }

  async claim({ workerId, types, queues }: Args<"claim">[0]): Result<"claim"> {
    const from = this.#walk.begin(queues);
    try {
      const claim = await this.#call<StoredClaim>("claim_tasks", workerId, types, from);
      this.#walk.learn(from, claim);
      return { now: claim.now, tasks: claim.tasks.map(fromStored<ClaimedTask>) };
    } catch (error) {
      const isLost = error instanceof Error && codeOf(error.cause) === workerLost;
      throw isLost ? new WorkerLostError(workerId) : error;
    }
  }

  setStatus(...args: Args<"setStatus">): Result<"setStatus"> {
    return setStatusByMany(this, ...args);
  }

  setStatusMany(...[changes, options = {}]: Args<"setStatusMany">): Result<"setStatusMany"> {
    const rows = [...changes].sort(byTaskId).map(toStatusChange);
    const givesBack = changes.some(({ dueInMs }) => dueInMs === 0);
    return this.#apply("set_task_statuses", changes, rows, givesBack, options.connection);
  }

  updateCurrentRun(...args: Args<"updateCurrentRun">): Result<"updateCurrentRun"> {
    return updateCurrentRunByMany(this, ...args);
  }

  updateCurrentRunMany(
    ...[runs, options = {}]: Args<"updateCurrentRunMany">
  ): Result<"updateCurrentRunMany"> {
    const rows = [...runs].sort(byTaskId).map(toRunEnd);
    return this.#apply("update_current_runs", runs, rows, false, options.connection);
  }

  async requestCancel(...[taskIds]: Args<"requestCancel">): Result<"requestCancel"> {
    if (taskIds.length === 0) return [];
    const sender = this.#open().channel?.sender ?? null;
    const outcomes = await this.#call<Record<string, CancelOutcome>>(
      "request_cancel",
      taskIds.map(toId),
      sender,
    );
    return taskIds.map((taskId) => outcomes[taskId] ?? "unknown");
  }

  async release(...[workerId, tasks]: Args<"release">): Result<"release"> {
    if (tasks.length === 0) return;
    const rows = [...tasks].sort(byTaskId).map(toReleased);
    await this.#call("release_tasks", workerId, rows, this.#message("tasks"));
  }

  async releaseUnknown(...[workerId, known]: Args<"releaseUnknown">): Result<"releaseUnknown"> {
    const message = this.#message("tasks");
    return await this.#call<number>("release_unknown_tasks", workerId, known.map(toId), message);
  }

  async makeDue(...[taskIds]: Args<"makeDue">): Result<"makeDue"> {
    if (taskIds.length === 0) return [];
    const message = this.#message("tasks");
    const due = new Set(await this.#call<string[]>("make_due", taskIds.map(toId), message));
    return taskIds.map((taskId) => due.has(taskId));
  }

  async nextDueAt(...[queues, types]: Args<"nextDueAt">): Result<"nextDueAt"> {
    if (queues.length === 0 || types.length === 0) return null;
    return await this.#call(
      "next_due_at",
      this.#walk.begin(queues.map((name) => ({ name }))),
      types,
    );
  }

  onWake(...[listener]: Args<"onWake">): Result<"onWake"> {
    this.#wakeListeners.add(listener);
    this.#opened?.channel?.listen();
    return () => this.#wakeListeners.delete(listener);
  }

  // ---- workers ----

  async registerWorker(...[{ id, host }]: Args<"registerWorker">): Result<"registerWorker"> {
    await this.#call("register_worker", id, host);
  }

  async heartbeat(...[workerId, leaseMs]: Args<"heartbeat">): Result<"heartbeat"> {
    return await this.#call("heartbeat", workerId, leaseMs);
  }

  async unregisterWorker(...[workerId]: Args<"unregisterWorker">): Result<"unregisterWorker"> {
    await this.#call("unregister_worker", workerId);
  }

  async releaseLost(...[request]: Args<"releaseLost">): Result<"releaseLost"> {
    const { leaseMs, poisonLimit, lostReason, poisonReason } = request;
    const message = this.#message("tasks");
    return await this.#call(
      "release_lost",
      leaseMs,
      poisonLimit,
      lostReason,
      poisonReason,
      message,
    );
  }

  // ---- queues and rate limits ----

  async setQueuePaused(...[queue, paused]: Args<"setQueuePaused">): Result<"setQueuePaused"> {
    await this.#call("set_queue_paused", queue, paused, this.#message("queues"));
  }

  async reserveRateSlots(...[requests]: Args<"reserveRateSlots">): Result<"reserveRateSlots"> {
    return await this.#call("reserve_rate_slots", requests);
  }

  // ---- reading ----

  async get(...[taskId]: Args<"get">): Result<"get"> {
    return toRecord(await this.#call("get_task", toId(taskId)));
  }

  async getByTaskKey(...[taskKey]: Args<"getByTaskKey">): Result<"getByTaskKey"> {
    return toRecord(await this.#call("get_task_by_key", taskKey));
  }

  async list(...[filter = {}, page = {}]: Args<"list">): Result<"list"> {
    const limit = pageLimit(page);
    const after = pageStartId(page);
    const rows = await this.#call<Stored<TaskRecord>[]>("list_tasks", filter, after, limit + 1);
    return toPage(rows, limit, fromStored<TaskRecord>, ({ id }) => id);
  }

  statusAudit(...[taskId, page]: Args<"statusAudit">): Result<"statusAudit"> {
    return this.#history("list_status_audit", taskId, page);
  }

  runsAudit(...[taskId, page]: Args<"runsAudit">): Result<"runsAudit"> {
    return this.#history("list_runs_audit", taskId, page);
  }

  executionLogs(...[taskId, page]: Args<"executionLogs">): Result<"executionLogs"> {
    return this.#history("list_execution_logs", taskId, page);
  }

  async workers(): Result<"workers"> {
    return await this.#call("list_workers");
  }

  async statistics(): Result<"statistics"> {
    const figures = await this.#call<Awaited<Result<"statistics">>>("task_statistics");
    const none = Object.fromEntries(taskStatuses.map((status) => [status, 0]));
    const tasksByStatus = { ...none, ...figures.tasksByStatus } as Record<TaskStatus, number>;
    return { ...figures, tasksByStatus };
  }

  async auditGrowth(): Result<"auditGrowth"> {
    return await this.#call("audit_growth");
  }

  // ---- logs and retention ----

  async saveExecutionLogs(...[lines]: Args<"saveExecutionLogs">): Result<"saveExecutionLogs"> {
    if (lines.length > 0) await this.#call("save_execution_logs", lines.map(toLogLine));
  }

  async purge(...[policy, options]: Args<"purge">): Result<"purge"> {
    const { processId } = this.#open();
    if (this.#isPurging && !options.dryRun) {
      return { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0, done: false, busy: true };
    }
    this.#isPurging = true;
    try {
      return await purge((name, ...args) => this.#call(name, ...args), processId, policy, options);
    } finally {
      this.#isPurging = false;
    }
  }

  // ---- calls ----

  #open(): Session {
    if (this.#opened !== null) return this.#opened;
    throw new StorageClosedError(
      "The PostgreSQL storage is not open: call open() before, and nothing after close().",
    );
  }

  async #call<T>(name: FunctionName, ...args: readonly unknown[]): Promise<T> {
    return await this.#functions.call(this.#open().run, name, ...args);
  }

  /** Calls a function in the caller's transaction, if there is one. */
  async #callIn<T>(connection: unknown, name: FunctionName, ...args: unknown[]): Promise<T> {
    const { run } = this.#open();
    const runThere = connection === undefined
      ? run
      : runInTransaction(connection, this.#options.prepare);
    return await this.#functions.call(runThere, name, ...args);
  }

  /** Applies changes or ends runs, whose rows stand in the order of ids, the order in which all batches lock. */
  async #apply(
    name: "set_task_statuses" | "update_current_runs",
    changes: readonly { readonly taskId: string }[],
    rows: readonly object[],
    givesBack: boolean,
    connection: unknown,
  ): Promise<readonly ChangeResult[]> {
    if (changes.length === 0) return [];
    const message = givesBack ? this.#message("tasks") : null;
    const applied = await this.#callIn<string[] | null>(connection, name, rows, message);
    if (applied === null) return changes.map(() => ({ applied: true }));
    const ids = new Set(applied);
    return changes.map(({ taskId }) => ({ applied: ids.has(taskId) }));
  }

  async #history<T>(name: FunctionName, taskId: string, page: PageRequest = {}): Promise<Page<T>> {
    const limit = pageLimit(page);
    const start = pageStart(page);
    const rows = await this.#call<(T & { number: number })[]>(name, toId(taskId), start, limit + 1);
    return toPage(
      rows,
      limit,
      ({ number: _, ...item }) => item as T,
      ({ number }) => String(number),
    );
  }

  #message(kind: WakeSignal["kind"]): object | null {
    return this.#open().channel?.message(kind) ?? null;
  }
}

function toRecord(stored: Stored<TaskRecord> | null): TaskRecord | null {
  return stored && fromStored<TaskRecord>(stored);
}

function byTaskId(a: { readonly taskId: string }, b: { readonly taskId: string }): number {
  return a.taskId < b.taskId ? -1 : 1;
}

/** Whether other processes should look for a task at once. */
function isForOthersNow({ status, due, claimFor }: NewTask): boolean {
  return claimFor === null && (status === "Queued" || ("inMs" in due && due.inMs <= 0));
}
