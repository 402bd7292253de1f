// Checks the options of createEverTask, and completes them with defaults.

import type { OptionNames } from "../guards/option_names.ts";
import { type AuditLevel, parseAuditLevel } from "../audit/audit_level.ts";
import {
  parseRetention,
  type RetentionOptions,
  type RetentionSettings,
} from "./retention_keeper.ts";
import {
  checkChoice,
  checkCount,
  checkFunction,
  checkOptions,
  checkSecretOptions,
  hidden,
} from "../guards/argument_checks.ts";
import { guardClock } from "../time/guarded_clock.ts";
import { guardInstrumentations } from "../instrumentation/guarded_instrumentation.ts";
import { guardRandom } from "../ids/guarded_random.ts";
import { EverTaskError, InvalidArgumentError } from "../guards/errors.ts";
import type { Instrumentation } from "../instrumentation/instrumentation.ts";
import type { Logger } from "../log/logger.ts";
import { describeProcess, hostOf } from "./this_process.ts";
import { type LoggerFactory, type Loggers, makeLoggers } from "../log/loggers.ts";
import { type CaptureSettings, logLevels } from "../worker/attempt/task_logger.ts";
import { linearRetry } from "../retry/linear_retry.ts";
import { checkRetryPolicy, type RetryPolicy } from "../task/retry_policy.ts";
import type { LogLevel } from "../storage/records.ts";
import type { Storage } from "../storage/storage.ts";
import { viewOf } from "../storage/storage_view.ts";
import { type AnyTask, checkTask } from "../task/task.ts";
import { checkClock, type Clock, systemClock } from "../time/clock.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";
import { randomNumber } from "../ids/random_number.ts";
import { type FillRandom, systemRandom } from "../ids/uuid_v7.ts";
import type { LeaseSettings } from "../worker/lease/lease_keeper.ts";
import type { ExecutionSettings } from "../worker/attempt/executor.ts";
import { parseQueues, type QueueOptions, type QueueSettings } from "../task/queue_settings.ts";

/** The options of {@linkcode createEverTask}. */
export interface EverTaskOptions {
  /**
   * The store of tasks: `sqliteStorage(…)`, `postgresStorage(…)`, `sqlServerStorage(…)` or
   * `memoryStorage()`. Several instances of a process may share one storage, for example an
   * instance that dispatches and an instance that runs tasks. The last instance that stops closes
   * the storage.
   */
  readonly storage: Storage;
  /** The tasks that can be dispatched and run. */
  readonly tasks: readonly AnyTask[];
  /**
   * The audit level of tasks that set none. The level sets how much history is recorded.
   *
   * @default "Full"
   */
  readonly defaultAuditLevel?: AuditLevel;
  /** The settings of each queue. The queues `default` and `recurring` always exist. */
  readonly queues?: Readonly<Record<string, QueueOptions>>;
  /** The retry policy of tasks and queues without one. @default linearRetry(3, 500) */
  readonly retry?: RetryPolicy;
  /** The timeout of an attempt, for tasks and queues without one. @default no limit */
  readonly timeout?: Duration;
  /**
   * The time for which a handler may continue after its signal has aborted. Then its slot is freed.
   * @default 5 seconds
   */
  readonly abortGrace?: Duration;
  /**
   * The logger for EverTask's own messages, including failures of tasks (see `logFailures` of a
   * task), and for the log lines of handlers. A function returns a logger for each category.
   *
   * @default warnings and errors to the console
   */
  readonly logger?: Logger | LoggerFactory;
  /**
   * Stores the log lines of handlers: `true`, or an object that selects the lines. @default false
   */
  readonly persistentLogs?: boolean | PersistentLogOptions;
  /**
   * Deletes old audit rows, log lines and ended tasks while the worker runs.
   *
   * @default everything is kept
   */
  readonly retention?: RetentionOptions;
  /**
   * The time without a heartbeat after which other workers take over a worker's tasks. A worker
   * sends its heartbeat three times in this period.
   *
   * @default 15 seconds
   */
  readonly leaseDuration?: Duration;
  /**
   * The number of times that a task may be lost together with its process while the task ran.
   * Above this limit, the task fails, because it may be the task that crashes the process. Tasks
   * that were lost at least half as often run one at a time in a process, so that a task that
   * merely ran beside a crashing task does not fail. A task that only waited in the process never
   * fails for this reason.
   *
   * @default 5
   */
  readonly poisonLimit?: number;
  /**
   * The time for which a dispatch is retried while storage cannot be reached, until it rejects.
   * @default 15 seconds
   */
  readonly dispatchRetryFor?: Duration;
  /**
   * The name of this machine in the table of workers. By default, its host name; in Deno without
   * `--allow-sys=hostname`, the name of the runtime.
   */
  readonly host?: string;
  /**
   * The version of the application, such as `"2.4.1"` or the id of a commit: 1 to 100 characters.
   * The lists of workers and of failures show it, which tells whether a failure began with a
   * release.
   *
   * @default none
   */
  readonly version?: string;
  /**
   * A name that only one instance of a process has at a time, for hot reload. Creating another
   * instance with the same name replaces the previous instance. The previous instance stops: its
   * handlers are aborted after 5 seconds, and their tasks run again. Calls of its methods go to the
   * new instance. If the previous instance was started, the new instance is started too. The new
   * instance opens its storage once the previous instance has stopped.
   *
   * @default none: instances are independent
   */
  readonly singleton?: string;
  /** Wraps dispatches and executions, for tracing. In an array, the first is the outermost. */
  readonly instrumentation?: Instrumentation | readonly Instrumentation[];
  /** The clock; replaceable for tests. @default systemClock */
  readonly clock?: Clock;
  /** The source of randomness for ids and for the jitter of retries; replaceable for tests. */
  readonly random?: FillRandom;
}

/** Selects the log lines of handlers that are stored. */
export interface PersistentLogOptions {
  /**
   * The minimum level of stored lines.
   *
   * @default "Information"
   */
  readonly minimumLevel?: LogLevel;
  /**
   * The maximum number of stored lines of one run, including all its attempts. Further lines are
   * dropped, and the last line of each attempt states how many. Each run of a series has its own
   * limit.
   *
   * @default 1000
   */
  readonly maxLinesPerRun?: number;
}

/** Two of the `tasks` have the same type, so a stored task would be ambiguous. */
export class DuplicateTaskTypeError extends EverTaskError {
  /** `DuplicateTaskTypeError` */
  override name = "DuplicateTaskTypeError";
  /** The type that two tasks have. */
  readonly taskType: string;

  /**
   * Creates the error for a type.
   *
   * @param taskType The type that two tasks have.
   */
  constructor(taskType: string) {
    super(`Two tasks have the type "${taskType}": give one of them another type.`);
    this.taskType = taskType;
  }
}

const optionNames: OptionNames<EverTaskOptions> = {
  storage: true,
  tasks: true,
  defaultAuditLevel: true,
  queues: true,
  retry: true,
  timeout: true,
  abortGrace: true,
  logger: true,
  persistentLogs: true,
  retention: true,
  leaseDuration: true,
  poisonLimit: true,
  dispatchRetryFor: true,
  host: true,
  version: true,
  singleton: true,
  instrumentation: true,
  clock: true,
  random: true,
};

/** The retry policy of tasks and queues without one. */
export const defaultRetry: RetryPolicy = linearRetry(3, { milliseconds: 500 });

/** The options, completed with defaults. */
export interface EverTaskSettings {
  readonly storage: Storage;
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly defaultAuditLevel: AuditLevel;
  readonly queues: ReadonlyMap<string, QueueSettings>;
  readonly execution: ExecutionSettings;
  readonly lease: LeaseSettings;
  readonly singleton: string | undefined;
  readonly loggers: Loggers;
  readonly dispatchRetryMs: number;
  readonly retention: RetentionSettings | null;
  readonly clock: Clock;
  readonly random: FillRandom;
}

/**
 * Checks that there is no unknown option. A misplaced value may be a connection string, so no error
 * shows it.
 *
 * @param others The names of other allowed options.
 */
export function checkOptionNames(
  options: EverTaskOptions,
  others: Readonly<Record<string, true>> = {},
): void {
  checkSecretOptions(options, { ...optionNames, ...others }, "options");
}

/**
 * Checks and completes the options.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 * @throws {DuplicateTaskTypeError} If two tasks have the same type.
 */
export function parseOptions(options: EverTaskOptions): EverTaskSettings {
  const { storage, poisonLimit = 5, defaultAuditLevel = "Full", queues = {} } = options;
  const { leaseDuration = { seconds: 15 }, dispatchRetryFor = { seconds: 15 } } = options;
  const { abortGrace = { seconds: 5 }, persistentLogs = false, clock = systemClock } = options;
  if (typeof storage?.persist !== "function") {
    const remedy = "be a storage, such as sqliteStorage(…) or postgresStorage(…) makes";
    throw new InvalidArgumentError("storage", hidden(storage), remedy);
  }
  checkCount(poisonLimit, "poisonLimit", 0);
  const leaseMs = toMilliseconds(leaseDuration, "leaseDuration");
  if (leaseMs < 100) {
    const remedy = "be at least 100 ms: the heartbeat must come in time";
    throw new InvalidArgumentError("leaseDuration", leaseDuration, remedy);
  }
  checkClock(clock, "clock");
  checkFunction(options.random, "random");
  if (options.retry !== undefined) checkRetryPolicy(options.retry, "retry");
  if (options.host !== undefined) checkHost(options.host);
  if (options.version !== undefined) checkVersion(options.version);
  if (options.singleton !== undefined) checkSingleton(options.singleton);
  const { hardwareConcurrency = 2 } = globalThis.navigator ?? {};
  const definitions = parseTasks(options.tasks);
  const loggers = makeLoggers(options.logger, definitions.keys());
  const logger = loggers("worker");
  const random = guardRandom(options.random ?? systemRandom, logger);
  return {
    storage: viewOf(storage),
    definitions,
    defaultAuditLevel: parseAuditLevel(defaultAuditLevel, "defaultAuditLevel"),
    queues: parseQueues(queues, hardwareConcurrency),
    execution: {
      retry: options.retry ?? defaultRetry,
      timeoutMs: options.timeout === undefined
        ? Infinity
        : toMilliseconds(options.timeout, "timeout"),
      graceMs: toMilliseconds(abortGrace, "abortGrace"),
      capture: parsePersistentLogs(persistentLogs),
      instrumentation: guardInstrumentations(options.instrumentation, logger),
      random: randomNumber(random),
    },
    lease: {
      leaseMs,
      heartbeatMs: leaseMs / 3,
      poisonLimit,
      host: options.host ?? hostOf(globalThis),
      process: describeProcess(globalThis, options.version ?? null),
    },
    singleton: options.singleton,
    loggers,
    dispatchRetryMs: toMilliseconds(dispatchRetryFor, "dispatchRetryFor"),
    retention: options.retention === undefined ? null : parseRetention(options.retention),
    clock: guardClock(clock, logger),
    random,
  };
}

function parseTasks(tasks: readonly AnyTask[]): ReadonlyMap<string, AnyTask> {
  if (!Array.isArray(tasks)) {
    throw new InvalidArgumentError("tasks", tasks, "be an array of tasks made by defineTask");
  }
  const definitions = new Map<string, AnyTask>();
  for (const task of tasks as readonly AnyTask[]) {
    checkTask(task);
    if (definitions.has(task.type)) throw new DuplicateTaskTypeError(task.type);
    definitions.set(task.type, task);
  }
  return definitions;
}

/** Checks the name of the machine. Every store accepts the maximum length. */
function checkHost(host: unknown): void {
  if (typeof host === "string" && host.length <= 400) return;
  throw new InvalidArgumentError("host", host, "be a string of at most 400 characters");
}

/** Checks the version of the application. Every store accepts the maximum length. */
function checkVersion(version: unknown): void {
  if (typeof version === "string" && version !== "" && version.length <= 100) return;
  throw new InvalidArgumentError("version", version, "be a string of 1 to 100 characters");
}

/** Checks the name of an instance. */
function checkSingleton(name: unknown): void {
  if (typeof name === "string" && name !== "" && name.length <= 200) return;
  throw new InvalidArgumentError("singleton", name, "be a string of 1 to 200 characters");
}

function parsePersistentLogs(options: boolean | PersistentLogOptions): CaptureSettings | null {
  if (options === false) return null;
  if (options !== true) {
    checkOptions(options, { minimumLevel: true, maxLinesPerRun: true }, "persistentLogs");
  }
  const { minimumLevel = "Information", maxLinesPerRun = 1000 } = options === true ? {} : options;
  checkChoice(minimumLevel, logLevels, "persistentLogs.minimumLevel");
  checkCount(maxLinesPerRun, "persistentLogs.maxLinesPerRun");
  return { minimumLevel, maxLinesPerRun };
}
