// The instance that an application holds. instance_parts.ts creates its parts.

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
import type { SubscriptionOptions, TaskEvent, TaskEventSource } from "../events/task_event.ts";
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
  HistoryPageRequest,
  Page,
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

/** The history of a task that does not exist. */
const noItems = { items: [], next: null };

/** The events of an instance. Call `subscribe`, or iterate with `for await`. */
export interface TaskEvents extends TaskEventSource, AsyncIterable<TaskEvent> {
  /** The number of events that slow subscribers have lost. */
  readonly lost: number;
  /**
   * The number of events of other processes that were omitted for subscribers with the scope
   * `store`.
   */
  readonly leftOut: number;
  /** Returns the events that a subscriber with these options gets, for a `for await` loop. */
  stream(options?: SubscriptionOptions): AsyncIterable<TaskEvent>;
}

/** Options of {@linkcode EverTask.stop}. */
export interface StopOptions {
  /**
   * The time for which running handlers may continue until their signals abort.
   * @default 30 seconds
   */
  readonly timeout?: Duration;
}

/** Runs background tasks and stores them durably. Created by {@linkcode createEverTask}. */
export class EverTask {
  /** The events of tasks. */
  readonly events: TaskEvents;
  /** Growth and retention of the audit tables. */
  readonly audit: Audit;
  /** Pauses, resumes and shows queues. */
  readonly queues: Queues;
  /** The registered tasks. */
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
    const parts = makeParts(settings, runsUnstarted);
    const { core, home, clock, events, stored, rateLimits, storageClock } = parts;
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
        definitions,
        now: () => storageClock.now(),
        consequences: {
          madeDue: refresh,
          cancelRequested: (taskIds) => this.#cancelOwn(taskIds),
          ended: (tasks, verb) => this.#endedByHand(tasks, verb),
        },
        rateKeyOf: (task) => rateLimits.keyOfTask(task),
        retriesOf: (task) => retriesOf({ definitions, queues, retry: execution.retry }, task),
      });
  }

  /**
   * Shows the tasks, queues and workers of all processes of the store, and why a task is not
   * running.
   */
  get operate(): Operate {
    return this.#operate ??= this.#newOperate();
  }

  /**
   * Starts to run tasks. An instance that is not started only dispatches, for example in a web
   * process whose tasks run in other processes. Starting a started instance has no effect.
   *
   * @throws {StorageError} If storage cannot be opened.
   * @throws {StoppedError} After `stop`.
   */
  start(): Promise<void> {
    return this.#core.life.start();
  }

  /**
   * Stores a task, to run at once, after a `delay`, `at` an instant, or on a schedule
   * (`recurring`). Resolves when the task is stored.
   *
   * @param task A registered task.
   * @param rest The payload and the options. A payload whose type allows `undefined` is optional.
   * @throws {PayloadValidationError} If the payload is invalid; nothing is stored.
   * @throws {InvalidArgumentError} If an option is invalid; nothing is stored.
   * @throws {UnknownTaskTypeError} If the task is not registered.
   * @throws {StorageError} If storage rejects the task, or stays unreachable for the time
   * `dispatchRetryFor`. In the latter case, the task may have been stored.
   */
  dispatch<Input, Output>(
    task: Task<Input, Output>,
    ...rest: PayloadAndOptions<NoInfer<Input>, DispatchOptions>
  ): Promise<DispatchResult> {
    const [payload, options] = rest;
    return this.#core.dispatcher.dispatch(task, payload, options);
  }

  /**
   * Stores many tasks of one type in a few round trips. One write has up to 5,000 tasks or 4 MB of
   * payloads. All payloads are checked before the first task is stored.
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
   * Cancels a task of any process. A waiting task is cancelled at once. The signal of a running
   * task's handler aborts, also in another process. A recurring series ends. Records no operator
   * action; for operators, use `everTask.operate.tasks.cancel`.
   *
   * @returns `cancelled`, `requested` (the task is running), `ended` (it had ended before) or
   * `unknown`.
   */
  async cancel(taskId: string): Promise<CancelOutcome> {
    const id = parseTaskId(taskId);
    if (id === null) return "unknown";
    const storage = await this.#core.life.opened();
    const [outcome] = await storage.requestCancel([id]);
    if (outcome === "requested") await this.#cancelOwn([id]);
    // A waiting task has no worker that could report its cancellation.
    if (outcome === "cancelled") {
      await this.#stored.tell([{ kind: "cancelled", taskId: id }]);
      await this.#rateLimits.giveBackOfCancelled(id);
    }
    return outcome!;
  }

  /** Cancels tasks that this process runs. */
  async #cancelOwn(taskIds: readonly string[]): Promise<void> {
    await this.#home.call(() => this.#core.life.worker?.cancel(taskIds));
  }

  /**
   * Emits the events of waiting tasks that an operator has ended. No worker holds such a task, so
   * no worker would emit its event. Gives back the rate limit slots that the tasks held.
   */
  async #endedByHand(tasks: readonly TaskRecord[], verb: "cancel" | "delete"): Promise<void> {
    if (verb === "cancel") {
      await this.#stored.tell(tasks.map(({ id }) => ({ kind: "cancelled", taskId: id })));
    }
    for (const task of tasks) await this.#rateLimits.giveBackOf(task);
  }

  /**
   * Makes a task due now. A series gets an extra run, a waiting task runs early, and a failed or
   * cancelled task starts again with its first attempt. Records no operator action; for operators,
   * use `everTask.operate.tasks.runNow`.
   *
   * @returns Whether the task became due.
   */
  async runNow(taskId: string): Promise<boolean> {
    return await this.recurring.runNow(taskId);
  }

  /** Returns a task, or null if it does not exist. */
  async get(taskId: string): Promise<Dated<TaskRecord> | null> {
    const id = parseTaskId(taskId);
    return id === null ? null : dated(await (await this.#core.life.opened()).get(id));
  }

  /** Returns the task that holds a key, or null. */
  async getByTaskKey(taskKey: string): Promise<Dated<TaskRecord> | null> {
    return dated(await (await this.#core.life.opened()).getByTaskKey(parseTaskKey(taskKey)));
  }

  /**
   * Returns a page of tasks, by default newest first. The same as {@linkcode TaskSearch.search} of
   * `operate.tasks`.
   *
   * @throws {InvalidArgumentError} If the filter or the page is invalid.
   */
  list(
    filter: TaskFilter = {},
    page: TaskPageRequest = {},
  ): Promise<Dated<TaskPage>> {
    return this.operate.tasks.search(filter, page);
  }

  /** Returns a task's audited status changes, by default oldest first. */
  async statusAudit(
    taskId: string,
    page?: HistoryPageRequest,
  ): Promise<Page<Dated<StatusAuditRecord>>> {
    const id = parseTaskId(taskId);
    return id === null
      ? noItems
      : dated(await (await this.#core.life.opened()).statusAudit(id, page));
  }

  /** Returns a recurring task's audited runs, by default oldest first. */
  async runsAudit(
    taskId: string,
    page?: HistoryPageRequest,
  ): Promise<Page<Dated<RunsAuditRecord>>> {
    const id = parseTaskId(taskId);
    return id === null
      ? noItems
      : dated(await (await this.#core.life.opened()).runsAudit(id, page));
  }

  /** Returns the log lines of a task's handler, which are stored if `persistentLogs` is on. */
  async executionLogs(
    taskId: string,
    page?: HistoryPageRequest,
  ): Promise<Page<Dated<ExecutionLogRecord>>> {
    const id = parseTaskId(taskId);
    return id === null
      ? noItems
      : dated(await (await this.#core.life.opened()).executionLogs(id, page));
  }

  /**
   * Counts tasks by status and queue. In a store with many tasks, the numbers of ended tasks may be
   * estimates; `estimated` of the answer lists their statuses.
   *
   * @param options `exact`: whether to count every task, even if that reads millions; false by
   * default.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const { tasksByStatus, estimated } = await everTask.statistics();
   * const about = estimated.includes("Completed") ? "about " : "";
   * console.log(`${about}${tasksByStatus.Completed} tasks are completed`);
   * ```
   */
  async statistics(
    options: { readonly exact?: boolean } = {},
  ): Promise<Dated<StorageStatistics>> {
    checkOptions(options, { exact: true }, "options");
    const { exact = false } = options;
    checkFlag(exact, "options.exact");
    return dated(await (await this.#core.life.opened()).statistics({ exact }));
  }

  /** The id of this process's worker; null before `start` and while the worker counts as lost. */
  get workerId(): string | null {
    return this.#core.life.worker?.workerId ?? null;
  }

  /**
   * Returns the live workers of the store, oldest first. A worker is alive if its heartbeat is at
   * most `leaseDuration` old by the storage's clock.
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
   * Stops claiming, gives back tasks that have not started, and waits for running handlers until
   * the timeout. Then aborts the remaining handlers, writes all changes and closes the storage. The
   * tasks of aborted handlers run again later. May be called again.
   */
  stop(options: StopOptions = {}): Promise<void> {
    checkOptions(options, { timeout: true }, "options");
    const { timeout = { seconds: 30 } } = options;
    const timeoutMs = toMilliseconds(timeout, "timeout");
    return this.#core.life.stop(timeoutMs);
  }

  /** Stops the instance at the end of a block with `await using everTask = createEverTask(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/**
 * Creates an instance with the storage, the tasks and the settings of an application. Call `start`
 * to run tasks.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 * @throws {DuplicateTaskTypeError} If two tasks have the same type.
 */
export function createEverTask(options: EverTaskOptions): EverTask {
  checkOptionNames(options);
  return new EverTask(options);
}
