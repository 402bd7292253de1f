// The storage contract on SQLite: opens and closes the database, decides on which connection a verb works and what time it
// is, and hands the work to the module that knows the verb.

import { InvalidArgumentError } from "../../src/errors.ts";
import { StorageClosedError } from "../../src/storage/errors.ts";
import type { NewLogLine, PageRequest, TaskFilter } from "../../src/storage/queries.ts";
import type {
  ClaimRequest,
  ConnectionOptions,
  NewTask,
  Polling,
  RateSlotRequest,
  ReleasedTask,
  ReleaseLostRequest,
  RunEnd,
  StatusChange,
  WakeSignal,
} from "../../src/storage/requests.ts";
import type { PurgeOptions, RetentionPolicy } from "../../src/storage/retention.ts";
import { setStatusByMany, updateCurrentRunByMany } from "../../src/storage/single_changes.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { setStatusMany, updateCurrentRunMany } from "./changes.ts";
import { claim, nextDueAt } from "./claim.ts";
import { Connection } from "./connection.ts";
import { adaptConnection, type SqliteDatabase } from "./database.ts";
import { toStorageError } from "./errors.ts";
import { saveExecutionLogs } from "./execution_logs.ts";
import { type OpenDatabase, openDatabase } from "./open.ts";
import type { ResolvedOptions } from "./options.ts";
import { persist } from "./persist.ts";
import { setQueuePaused } from "./queues.ts";
import { QuietWorker } from "./quiet_worker.ts";
import { reserveRateSlots } from "./rate_slots.ts";
import {
  executionLogs,
  getTask,
  getTaskByKey,
  listTasks,
  runsAudit,
  statusAudit,
} from "./reading.ts";
import { Retention } from "./retention.ts";
import { auditGrowth, statistics } from "./statistics.ts";
import { makeDue, release, releaseUnknown, requestCancel } from "./waiting.ts";
import { WakeWatch } from "./wake_watch.ts";
import { heartbeat, registerWorker, releaseLost, unregisterWorker, workers } from "./workers.ts";

/** What a verb does, given where and when. */
type Work<T> = (connection: Connection, now: number) => T;

/** What the verb of this name resolves to. */
type Result<Verb extends keyof Storage> = Storage[Verb] extends (...args: never[]) => infer R ? R
  : never;

/** Tasks in a SQLite database. */
export class SqliteStorage implements Storage {
  readonly name = "sqlite";
  /**
   * A look at `data_version` covers what other processes do, so nothing has to be asked for while idle; and nothing at all
   * where there are none.
   */
  readonly polling: Polling;
  readonly #options: ResolvedOptions;
  readonly #watch: WakeWatch;
  readonly #quiet: QuietWorker;
  readonly #retention = new Retention();
  /** Connections of the caller's, once they have proved to be on the same database. */
  readonly #joined = new WeakMap<SqliteDatabase, Connection>();
  #opening: Promise<OpenDatabase> | undefined;
  #open: OpenDatabase | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    const alone = options.exclusive || options.path === ":memory:";
    this.polling = { busyMs: alone ? Infinity : 1000, idleMs: Infinity };
    this.#watch = new WakeWatch(options.clock, alone);
    this.#quiet = new QuietWorker(alone);
  }

  async open(): Result<"open"> {
    if (this.#open === undefined) {
      this.#opening ??= openDatabase(this.#options);
      try {
        this.#open = await this.#opening;
      } finally {
        this.#opening = undefined;
      }
      this.#watch.start(this.#open.connection);
    }
    return { now: this.#options.clock.now() };
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {});
    const open = this.#open;
    this.#open = undefined;
    this.#watch.stop();
    this.#quiet.forget();
    if (open?.owned) open.connection.close();
  }

  persist(tasks: readonly NewTask[], options: ConnectionOptions = {}): Result<"persist"> {
    return this.#many(tasks, options, persist);
  }

  async claim(request: ClaimRequest): Result<"claim"> {
    return await this.#do((connection, now) => ({ now, tasks: claim(connection, now, request) }));
  }

  setStatus(...change: Parameters<Storage["setStatus"]>): Result<"setStatus"> {
    return setStatusByMany(this, ...change);
  }

  setStatusMany(
    changes: readonly StatusChange[],
    options: ConnectionOptions = {},
  ): Result<"setStatusMany"> {
    return this.#many(changes, options, setStatusMany);
  }

  updateCurrentRun(...run: Parameters<Storage["updateCurrentRun"]>): Result<"updateCurrentRun"> {
    return updateCurrentRunByMany(this, ...run);
  }

  updateCurrentRunMany(
    runs: readonly RunEnd[],
    options: ConnectionOptions = {},
  ): Result<"updateCurrentRunMany"> {
    return this.#many(runs, options, updateCurrentRunMany);
  }

  requestCancel(taskIds: readonly string[]): Result<"requestCancel"> {
    return this.#many(taskIds, {}, (connection, now, ids) => {
      this.#quiet.end(connection);
      return requestCancel(connection, now, ids);
    });
  }

  async release(workerId: string, tasks: readonly ReleasedTask[]): Promise<void> {
    if (tasks.length === 0) return;
    await this.#do((connection, now) => release(connection, now, workerId, tasks));
  }

  async releaseUnknown(workerId: string, known: readonly string[]): Promise<number> {
    return await this.#do((connection, now) => releaseUnknown(connection, now, workerId, known));
  }

  makeDue(taskIds: readonly string[]): Result<"makeDue"> {
    return this.#many(taskIds, {}, makeDue);
  }

  nextDueAt(queues: readonly string[], types: readonly string[]): Result<"nextDueAt"> {
    return this.#do((connection) => nextDueAt(connection, queues, types));
  }

  onWake(listener: (signal: WakeSignal) => void): () => void {
    return this.#watch.add(listener);
  }

  registerWorker(worker: { readonly id: string; readonly host: string }): Promise<void> {
    return this.#loudly((connection, now) => registerWorker(connection, now, worker));
  }

  heartbeat(workerId: string, leaseMs: number): Result<"heartbeat"> {
    return this.#do((connection, now) =>
      this.#quiet.answer(workerId, now) ??
        this.#quiet.note(connection, workerId, heartbeat(connection, now, workerId, leaseMs))
    );
  }

  unregisterWorker(workerId: string): Promise<void> {
    return this.#loudly((connection) => unregisterWorker(connection, workerId));
  }

  releaseLost(request: ReleaseLostRequest): Result<"releaseLost"> {
    return this.#loudly((connection, now) => releaseLost(connection, now, request));
  }

  setQueuePaused(queue: string, paused: boolean): Promise<void> {
    return this.#loudly((connection) => setQueuePaused(connection, queue, paused));
  }

  reserveRateSlots(requests: readonly RateSlotRequest[]): Result<"reserveRateSlots"> {
    return this.#do((connection, now) => ({
      now,
      slots: reserveRateSlots(connection, now, requests),
    }));
  }

  get(taskId: string): Result<"get"> {
    return this.#do((connection) => getTask(connection, taskId));
  }

  getByTaskKey(taskKey: string): Result<"getByTaskKey"> {
    return this.#do((connection) => getTaskByKey(connection, taskKey));
  }

  list(filter?: TaskFilter, page?: PageRequest): Result<"list"> {
    return this.#do((connection) => listTasks(connection, filter, page));
  }

  statusAudit(taskId: string, page?: PageRequest): Result<"statusAudit"> {
    return this.#do((connection) => statusAudit(connection, taskId, page));
  }

  runsAudit(taskId: string, page?: PageRequest): Result<"runsAudit"> {
    return this.#do((connection) => runsAudit(connection, taskId, page));
  }

  executionLogs(taskId: string, page?: PageRequest): Result<"executionLogs"> {
    return this.#do((connection) => executionLogs(connection, taskId, page));
  }

  workers(): Result<"workers"> {
    return this.#loudly((connection) => workers(connection));
  }

  statistics(): Result<"statistics"> {
    return this.#do(statistics);
  }

  auditGrowth(): Result<"auditGrowth"> {
    return this.#do((connection) => auditGrowth(connection));
  }

  async saveExecutionLogs(lines: readonly NewLogLine[]): Promise<void> {
    if (lines.length === 0) return;
    await this.#do((connection, now) => saveExecutionLogs(connection, now, lines));
  }

  async purge(policy: RetentionPolicy, options: PurgeOptions): Result<"purge"> {
    return await this.#do((connection, now) =>
      this.#retention.purge(connection, now, policy, options)
    );
  }

  /** Does the work on the storage's own connection. */
  // deno-lint-ignore require-await -- errors of the work become rejections
  async #do<T>(work: Work<T>): Promise<Awaited<T>> {
    const { connection } = this.#opened();
    return this.#translated(() => work(connection, this.#options.clock.now()));
  }

  /** Does work that judges heartbeats or changes what they are answered, when all of them are written down. */
  #loudly<T>(work: Work<T>): Promise<Awaited<T>> {
    return this.#do((connection, now) => {
      this.#quiet.end(connection);
      return work(connection, now);
    });
  }

  /** Does something to many things, on the caller's connection if there is one; an empty list is nothing to do. */
  async #many<Item, T>(
    items: readonly Item[],
    { connection: callers }: ConnectionOptions,
    work: (connection: Connection, now: number, items: readonly Item[]) => T[],
  ): Promise<readonly T[]> {
    if (items.length === 0) return [];
    if (callers === undefined) return await this.#do((own, now) => work(own, now, items));
    const database = adaptConnection(callers, "connection");
    return await this.#translated(() => {
      const connection = this.#join(database, callers);
      try {
        return work(connection, this.#options.clock.now(), items);
      } finally {
        this.#watch.awaitEnd(database);
      }
    });
  }

  /** The caller's connection as one to work on. */
  #join(database: SqliteDatabase, callers: unknown): Connection {
    const open = this.#opened();
    let connection = this.#joined.get(database);
    if (connection === undefined) {
      connection = new Connection(database, "joined");
      if (database !== open.database) {
        const [ours, theirs] = [fileOf(open.connection), fileOf(connection)];
        if (theirs !== ours || ours === "") {
          throw new InvalidArgumentError(
            "connection",
            callers,
            `be a connection to the storage's own database, ${ours || this.#options.path}, ` +
              `but it is one to ${theirs || "another database in memory"}`,
          );
        }
      }
      this.#joined.set(database, connection);
    }
    return connection;
  }

  #opened(): OpenDatabase {
    if (this.#open !== undefined) return this.#open;
    throw new StorageClosedError(
      `The storage on ${this.#options.path} is not open: call \`open\` first, and nothing after \`close\`.`,
    );
  }

  async #translated<T>(work: () => T): Promise<Awaited<T>> {
    try {
      return await work();
    } catch (error) {
      throw toStorageError(error, this.#options.path);
    }
  }
}

/** The file of a connection's main database, as SQLite resolved it; empty for one in memory. */
function fileOf(connection: Connection): string {
  const databases = connection.all("PRAGMA database_list");
  return String(databases.find((row) => row.name === "main")?.file ?? "");
}
