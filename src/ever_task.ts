// createEverTask: wires the parts together. The only file that knows all of them.

import { EverTaskError } from "./errors.ts";
import {
  type DispatchManyOptions,
  type DispatchOptions,
  type DispatchResult,
  parseTaskKey,
} from "./dispatch/dispatch_options.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { EventBus } from "./events/event_bus.ts";
import type { TaskEvent, TaskEventSource } from "./events/task_event.ts";
import { type EverTaskOptions, type EverTaskSettings, parseOptions } from "./ever_task_options.ts";
import { parseTaskId, uuidV7Generator } from "./ids/uuid_v7.ts";
import { Audit } from "./audit/audit.ts";
import { RetentionKeeper } from "./audit/retention_keeper.ts";
import { Queues } from "./worker/queues.ts";
import { Recurring } from "./schedule/recurring.ts";
import type {
  ExecutionLogRecord,
  RunsAuditRecord,
  StatusAuditRecord,
  TaskRecord,
  WorkerRecord,
} from "./storage/records.ts";
import type { Page, PageRequest, StorageStatistics, TaskFilter } from "./storage/queries.ts";
import type { CancelOutcome } from "./storage/requests.ts";
import type { Storage } from "./storage/storage.ts";
import { checkTaskFilter } from "./storage/task_filter.ts";
import type { Task } from "./task.ts";
import { type Duration, toMilliseconds } from "./time/duration.ts";
import { StorageClock } from "./time/storage_clock.ts";
import { within } from "./time/within.ts";
import { Worker } from "./worker/worker.ts";

/** What belongs to a task that does not exist. */
const noItems = { items: [], next: null };

/** How long a stop waits for subscribers to take the last events, in milliseconds. */
const subscribersMs = 1_000;

/** The instance was used after `stop`. */
export class StoppedError extends EverTaskError {
  /** The name that errors of this class keep. */
  override name = "StoppedError";

  /** Tells the remedy. */
  constructor() {
    super("This instance has been stopped: make a new one with createEverTask.");
  }
}

/** The events of an instance: call `subscribe`, or loop over them with `for await`. */
export interface TaskEvents extends TaskEventSource, AsyncIterable<TaskEvent> {
  /** How many events slow subscribers have lost. */
  readonly lost: number;
}

/** Options of {@linkcode EverTask.stop}. */
export interface StopOptions {
  /** How long running handlers may go on before their signals abort. @default 30 seconds */
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
  /** The recurring series. */
  readonly recurring: Recurring;
  readonly #settings: EverTaskSettings;
  readonly #storageClock: StorageClock;
  readonly #bus: EventBus;
  readonly #dispatcher: Dispatcher;
  readonly #newId: () => string;
  #worker: Worker | null = null;
  #retention: RetentionKeeper | null = null;
  #isOpen = false;
  #isStopped = false;
  #opening: Promise<void> | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  /** Use {@linkcode createEverTask}. */
  constructor(options: EverTaskOptions) {
    const settings = parseOptions(options);
    const { storage, clock, logger, definitions, queues, execution } = settings;
    this.#settings = settings;
    this.#storageClock = new StorageClock(clock);
    this.#bus = new EventBus(logger);
    this.events = this.#bus;
    this.#newId = uuidV7Generator(() => this.#storageClock.now(), settings.random);
    this.#dispatcher = new Dispatcher({
      storage,
      clock,
      storageClock: this.#storageClock,
      logger,
      definitions,
      queues,
      events: this.#bus,
      newId: this.#newId,
      opening: () => this.#isOpen && this.#stopping === null ? null : this.#ready(),
      defaultAuditLevel: settings.defaultAuditLevel,
      instrumentation: execution.instrumentation,
      retryForMs: settings.dispatchRetryMs,
      worker: () => this.#worker,
    });
    const opened = () => this.#opened();
    const refresh = () => this.#worker?.refresh();
    this.audit = new Audit(opened, clock);
    this.queues = new Queues(opened, refresh);
    this.recurring = new Recurring(opened, refresh);
  }

  /**
   * Starts to run tasks. Without it the instance only dispatches, as a web process does that feeds workers elsewhere. Starting
   * twice is the same as once.
   *
   * @throws {StorageError} If storage cannot be opened.
   * @throws {StoppedError} After `stop`.
   */
  start(): Promise<void> {
    if (this.#stopping !== null) return Promise.reject(new StoppedError());
    return (this.#starting ??= this.#start().catch((error) => {
      this.#starting = null;
      throw error;
    }));
  }

  /**
   * Stores a task, to run at once, after a `delay`, `at` an instant, or again and again (`recurring`). Resolves when it is stored,
   * never before.
   *
   * @param task A registered task.
   * @param payload Its payload.
   * @throws {PayloadValidationError} If the payload does not fit; nothing is stored.
   * @throws {InvalidArgumentError} If an option is invalid; nothing is stored.
   * @throws {UnknownTaskTypeError} If the task is not registered.
   * @throws {StorageError} If storage refuses it, or is out of reach for longer than `dispatchRetryFor`. In the latter case the
   * task may have been stored nevertheless.
   */
  dispatch<Input, Output>(
    task: Task<Input, Output>,
    payload: Input,
    options?: DispatchOptions,
  ): Promise<DispatchResult> {
    return this.#dispatcher.dispatch(task, payload, options);
  }

  /**
   * Stores many tasks of one type in a few round trips: 5,000 are one write. All payloads are checked before the first is stored.
   *
   * @throws As {@linkcode EverTask.dispatch}.
   */
  dispatchMany<Input, Output>(
    task: Task<Input, Output>,
    payloads: Iterable<Input>,
    options?: DispatchManyOptions,
  ): Promise<DispatchResult[]> {
    return this.#dispatcher.dispatchMany(task, payloads, options);
  }

  /**
   * Cancels a task, wherever it is. A waiting one is cancelled at once; the signal of a running one aborts, also in another
   * process. A recurring series ends.
   *
   * @returns `cancelled`, `requested` (it is running), `ended` (it had ended before) or `unknown`.
   */
  async cancel(taskId: string): Promise<CancelOutcome> {
    const id = parseTaskId(taskId);
    if (id === null) return "unknown";
    const storage = await this.#opened();
    const [outcome] = await storage.requestCancel([id]);
    if (outcome === "requested") this.#worker?.cancel([id]);
    return outcome!;
  }

  /**
   * Makes a task due now: a series gets an extra run, a waiting task runs early, a failed or cancelled one is tried again from the
   * start.
   *
   * @returns Whether it became due.
   */
  async runNow(taskId: string): Promise<boolean> {
    return await this.recurring.runNow(taskId);
  }

  /** A task, or null. */
  async get(taskId: string): Promise<TaskRecord | null> {
    const id = parseTaskId(taskId);
    return id === null ? null : await (await this.#opened()).get(id);
  }

  /** The task that holds a key, or null. */
  async getByTaskKey(taskKey: string): Promise<TaskRecord | null> {
    return await (await this.#opened()).getByTaskKey(parseTaskKey(taskKey));
  }

  /**
   * Tasks, newest first, a page at a time.
   *
   * @throws {InvalidArgumentError} If the filter or the page is invalid.
   */
  async list(filter: TaskFilter = {}, page: PageRequest = {}): Promise<Page<TaskRecord>> {
    checkTaskFilter(filter);
    return await (await this.#opened()).list(filter, page);
  }

  /** A task's audited status changes, oldest first. */
  async statusAudit(taskId: string, page?: PageRequest): Promise<Page<StatusAuditRecord>> {
    const id = parseTaskId(taskId);
    return id === null ? noItems : await (await this.#opened()).statusAudit(id, page);
  }

  /** A recurring task's audited runs, oldest first. */
  async runsAudit(taskId: string, page?: PageRequest): Promise<Page<RunsAuditRecord>> {
    const id = parseTaskId(taskId);
    return id === null ? noItems : await (await this.#opened()).runsAudit(id, page);
  }

  /** What a task's handler logged, if `persistentLogs` was on. */
  async executionLogs(taskId: string, page?: PageRequest): Promise<Page<ExecutionLogRecord>> {
    const id = parseTaskId(taskId);
    return id === null ? noItems : await (await this.#opened()).executionLogs(id, page);
  }

  /** Counts by status and queue. */
  async statistics(): Promise<StorageStatistics> {
    return await (await this.#opened()).statistics();
  }

  /** The id of this process's worker; null before `start`, and while it is given up for lost. */
  get workerId(): string | null {
    return this.#worker?.workerId ?? null;
  }

  /** The live worker processes. */
  async workers(): Promise<readonly WorkerRecord[]> {
    return await (await this.#opened()).workers();
  }

  /**
   * Stops: claims nothing more, gives back what has not started, lets running handlers finish until the timeout, aborts the others
   * (they run again later), writes everything down and closes storage. Stopping twice is the same as once.
   */
  stop(options: StopOptions = {}): Promise<void> {
    const timeoutMs = toMilliseconds(options.timeout ?? { seconds: 30 }, "timeout");
    return (this.#stopping ??= this.#stop(timeoutMs));
  }

  /** `await using everTask = createEverTask(…)` stops it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #start(): Promise<void> {
    await this.#ready();
    const { storage, clock, logger, definitions, queues, lease, execution, retention } = this
      .#settings;
    const worker = new Worker({
      storage,
      clock,
      storageClock: this.#storageClock,
      logger,
      events: this.#bus,
      definitions,
      queues,
      lease,
      execution,
      dispatch: (task, payload, options) => this.#dispatcher.dispatch(task, payload, options),
      newId: this.#newId,
    });
    await worker.start();
    this.#worker = worker;
    if (retention === null) return;
    this.#retention = new RetentionKeeper(this.audit, retention, clock, logger);
    this.#retention.start();
  }

  async #stop(timeoutMs: number): Promise<void> {
    const { clock, storage, lease: { leaseMs }, dispatchRetryMs } = this.#settings;
    // Nothing below may take for ever, also when storage has stopped to answer.
    if (this.#worker === null) {
      const starting = Promise.all([this.#starting, this.#opening]).catch(() => {});
      await within(clock, leaseMs, starting);
    }
    const retentionEnd = this.#retention?.stop() ?? Promise.resolve();
    await this.#worker?.stop(timeoutMs);
    await within(clock, leaseMs, retentionEnd);
    await within(clock, dispatchRetryMs, this.#dispatcher.idle());
    await within(clock, subscribersMs, this.#bus.idle());
    this.#isStopped = true;
    await within(clock, leaseMs, storage.close());
  }

  /** Opens storage when it is first needed. After a failure the next call tries again. */
  async #ready(): Promise<void> {
    if (this.#isStopped || (this.#stopping !== null && this.#worker === null)) {
      throw new StoppedError();
    }
    if (this.#isOpen) return;
    this.#opening ??= this.#settings.storage.open().then(
      ({ now }) => {
        this.#storageClock.sync(now);
        this.#isOpen = true;
      },
      (error) => {
        this.#opening = null;
        throw error;
      },
    );
    await this.#opening;
  }

  async #opened(): Promise<Storage> {
    await this.#ready();
    return this.#settings.storage;
  }
}

/**
 * Makes an instance: the storage, the tasks and the settings of one application. Call `start` to run tasks.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 * @throws {DuplicateTaskTypeError} If two tasks have the same type.
 */
export function createEverTask(options: EverTaskOptions): EverTask {
  return new EverTask(options);
}
