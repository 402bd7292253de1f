// The instance that an application holds: dispatches, asks and stops. instance_parts.ts makes its
// parts.

import type { HomeContext } from "../time/home_context.ts";
import {
  type DispatchManyOptions,
  type DispatchOptions,
  type DispatchResult,
  parseTaskKey,
  type PayloadAndOptions,
} from "../task/dispatch_options.ts";
import { checkFlag, checkOptions } from "../guards/argument_checks.ts";
import type { StoredTaskEvents } from "../events/stored_task_events.ts";
import type { TaskEvent, TaskEventSource } from "../events/task_event.ts";
import { checkOptionNames, type EverTaskOptions, parseOptions } from "./ever_task_options.ts";
import { parseTaskId } from "../ids/uuid_v7.ts";
import { Audit } from "./audit.ts";
import { Operate } from "../operate/operate.ts";
import { retriesOf } from "../operate/retries_of.ts";
import { Queues } from "./queues.ts";
import { Recurring } from "./recurring.ts";
import type { RateLimits } from "../rate_limit/rate_limits.ts";
import type {
  ExecutionLogRecord,
  RunsAuditRecord,
  StatusAuditRecord,
  TaskRecord,
} from "../storage/records.ts";
import type {
  Page,
  PageRequest,
  StorageStatistics,
  TaskFilter,
  TaskPage,
  TaskPageRequest,
} from "../storage/queries.ts";
import type { CancelOutcome } from "../storage/requests.ts";
import { makeParts } from "./instance_parts.ts";
import type { Core } from "./singleton.ts";
import { type Dated, dated } from "../time/dated.ts";
import {
  type WorkersOptions,
  type WorkerStatus,
  workerStatuses,
} from "../storage/worker_status.ts";
import type { AnyTask, Task } from "../task/task.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";

/** What belongs to a task that does not exist. */
const noItems = { items: [], next: null };

/** The events of an instance: call `subscribe`, or loop over them with `for await`. */
export interface TaskEvents extends TaskEventSource, AsyncIterable<TaskEvent> {
  /** How many events slow subscribers have lost. */
  readonly lost: number;
}

/** Options of {@linkcode EverTask.stop}. */
export interface StopOptions {
  /** How long running handlers may continue before their signals abort. @default 30 seconds */
  readonly timeout?: Duration;
}

/**
 * Runs background work and keeps it in storage. Made by {@linkcode createEverTask}.
 */
export class EverTask {
  /** What happens to tasks. */
  readonly events: TaskEvents;
  /** Growth and retention of the audit tables. */
  readonly audit: Audit;
  /** Pauses, resumes and shows queues. */
  readonly queues: Queues;
  /** The tasks that it was made with. */
  readonly tasks: readonly AnyTask[];
  /** The recurring series. */
  readonly recurring: Recurring;
  readonly #core: Core;
  readonly #home: HomeContext;
  readonly #stored: StoredTaskEvents;
  readonly #rateLimits: RateLimits;
  readonly #leaseMs: number;
  readonly #newOperate: () => Operate;
  #operate: Operate | undefined;

  /**
   * Use {@linkcode createEverTask}.
   *
   * @param runsUnstarted Whether dispatched tasks run without `start`, as in the test kit.
   */
  constructor(options: EverTaskOptions, runsUnstarted = false) {
    const settings = parseOptions(options);
    const { definitions, queues, lease, execution } = settings;
    const { core, home, clock, events, stored, rateLimits } = makeParts(settings, runsUnstarted);
    this.#core = core;
    this.#home = home;
    this.#stored = stored;
    this.#rateLimits = rateLimits;
    const opened = () => this.#core.life.opened();
    const refresh = () => this.#core.life.worker?.refresh();
    this.events = events;
    this.#leaseMs = lease.leaseMs;
    this.tasks = [...definitions.values()];
    this.audit = new Audit(opened, clock);
    this.queues = new Queues(queues.keys(), opened, refresh);
    this.recurring = new Recurring(opened, refresh);
    this.#newOperate = () =>
      new Operate({
        opened,
        leaseMs: lease.leaseMs,
        queues: this.queues.names,
        retriesOf: (task) => retriesOf({ definitions, queues, retry: execution.retry }, task),
      });
  }

  /** Shows what all processes of the store do, and why a task is not running. */
  get operate(): Operate {
    return this.#operate ??= this.#newOperate();
  }

  /**
   * Starts to run tasks. Without it the instance only dispatches, as a web process does that feeds
   * workers elsewhere. Starting twice is the same as once.
   *
   * @throws {StorageError} If storage cannot be opened.
   * @throws {StoppedError} After `stop`.
   */
  start(): Promise<void> {
    return this.#core.life.start();
  }

  /**
   * Stores a task, to run at once, after a `delay`, `at` an instant, or again and again
   * (`recurring`). Resolves when it is stored, never before.
   *
   * @param task A registered task.
   * @param rest Its payload, which may be left out if it may be `undefined`, and options.
   * @throws {PayloadValidationError} If the payload does not fit; nothing is stored.
   * @throws {InvalidArgumentError} If an option is invalid; nothing is stored.
   * @throws {UnknownTaskTypeError} If the task is not registered.
   * @throws {StorageError} If storage refuses it, or is out of reach for longer than
   * `dispatchRetryFor`. In the latter case the task may have been stored nevertheless.
   */
  dispatch<Input, Output>(
    task: Task<Input, Output>,
    ...rest: PayloadAndOptions<NoInfer<Input>, DispatchOptions>
  ): Promise<DispatchResult> {
    const [payload, options] = rest;
    return this.#core.dispatcher.dispatch(task, payload, options);
  }

  /**
   * Stores many tasks of one type in a few round trips: up to 5,000, or 4 MB of payloads, are one
   * write. All payloads are checked before the first is stored.
   *
   * @throws As {@linkcode EverTask.dispatch}.
   */
  dispatchMany<Input, Output>(
    task: Task<Input, Output>,
    payloads: Iterable<NoInfer<Input>>,
    options?: DispatchManyOptions,
  ): Promise<DispatchResult[]> {
    return this.#core.dispatcher.dispatchMany(task, payloads, options);
  }

  /**
   * Cancels a task, wherever it is. A waiting one is cancelled at once; the signal of a running one
   * aborts, also in another process. A recurring series ends.
   *
   * @returns `cancelled`, `requested` (it is running), `ended` (it had ended before) or `unknown`.
   */
  async cancel(taskId: string): Promise<CancelOutcome> {
    const id = parseTaskId(taskId);
    if (id === null) return "unknown";
    const storage = await this.#core.life.opened();
    const [outcome] = await storage.requestCancel([id]);
    if (outcome === "requested") {
      await this.#home.call(() => this.#core.life.worker?.cancel([id]));
    }
    // No worker holds a waiting task, so no worker reports its cancellation.
    if (outcome === "cancelled") {
      await this.#stored.tell([{ kind: "cancelled", taskId: id }]);
      await this.#rateLimits.giveBackOfCancelled(id);
    }
    return outcome!;
  }

  /**
   * Makes a task due now: a series gets an extra run, a waiting task runs early, a failed or
   * cancelled one is retried from the start.
   *
   * @returns Whether the task became due.
   */
  async runNow(taskId: string): Promise<boolean> {
    return await this.recurring.runNow(taskId);
  }

  /** A task, or null. */
  async get(taskId: string): Promise<Dated<TaskRecord> | null> {
    const id = parseTaskId(taskId);
    return id === null ? null : dated(await (await this.#core.life.opened()).get(id));
  }

  /** The task that holds a key, or null. */
  async getByTaskKey(taskKey: string): Promise<Dated<TaskRecord> | null> {
    return dated(await (await this.#core.life.opened()).getByTaskKey(parseTaskKey(taskKey)));
  }

  /**
   * Tasks, newest first, a page at a time: {@linkcode TaskSearch.search} of `operate.tasks`.
   *
   * @throws {InvalidArgumentError} If the filter or the page is invalid.
   */
  list(
    filter: TaskFilter = {},
    page: TaskPageRequest = {},
  ): Promise<Dated<TaskPage>> {
    return this.operate.tasks.search(filter, page);
  }

  /** A task's audited status changes, oldest first. */
  async statusAudit(taskId: string, page?: PageRequest): Promise<Page<Dated<StatusAuditRecord>>> {
    const id = parseTaskId(taskId);
    return id === null
      ? noItems
      : dated(await (await this.#core.life.opened()).statusAudit(id, page));
  }

  /** A recurring task's audited runs, oldest first. */
  async runsAudit(taskId: string, page?: PageRequest): Promise<Page<Dated<RunsAuditRecord>>> {
    const id = parseTaskId(taskId);
    return id === null
      ? noItems
      : dated(await (await this.#core.life.opened()).runsAudit(id, page));
  }

  /** The log lines of a task's handler, if `persistentLogs` was on. */
  async executionLogs(
    taskId: string,
    page?: PageRequest,
  ): Promise<Page<Dated<ExecutionLogRecord>>> {
    const id = parseTaskId(taskId);
    return id === null
      ? noItems
      : dated(await (await this.#core.life.opened()).executionLogs(id, page));
  }

  /** Counts by status and queue. */
  async statistics(): Promise<Dated<StorageStatistics>> {
    return dated(await (await this.#core.life.opened()).statistics());
  }

  /** The id of this process's worker; null before `start`, and while it is given up for lost. */
  get workerId(): string | null {
    return this.#core.life.worker?.workerId ?? null;
  }

  /**
   * The live worker processes of the store, oldest first: those whose heartbeat is, by the
   * storage's clock, not older than `leaseDuration`.
   */
  async workers(options: WorkersOptions = {}): Promise<readonly Dated<WorkerStatus>[]> {
    checkOptions(options, { includeLost: true }, "options");
    const { includeLost = false } = options;
    checkFlag(includeLost, "options.includeLost");
    const storage = await this.#core.life.opened();
    const workers = workerStatuses(await storage.workers(), this.#leaseMs);
    return dated(includeLost ? workers : workers.filter(({ alive }) => alive));
  }

  /**
   * Stops claiming, gives back tasks that have not started, and lets running handlers finish until
   * the timeout. Then it aborts the others (they run again later), writes all changes and closes
   * storage. Stopping twice is allowed.
   */
  stop(options: StopOptions = {}): Promise<void> {
    checkOptions(options, { timeout: true }, "options");
    const { timeout = { seconds: 30 } } = options;
    const timeoutMs = toMilliseconds(timeout, "timeout");
    return this.#core.life.stop(timeoutMs);
  }

  /** `await using everTask = createEverTask(…)` stops it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/**
 * Makes an instance: the storage, the tasks and the settings of one application. Call `start` to
 * run tasks.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 * @throws {DuplicateTaskTypeError} If two tasks have the same type.
 */
export function createEverTask(options: EverTaskOptions): EverTask {
  checkOptionNames(options);
  return new EverTask(options);
}
