// What createEverTask takes, checked and completed.

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
   * Where tasks live: `sqliteStorage(…)`, `postgresStorage(…)`, `sqlServerStorage(…)`,
   * `memoryStorage()`. Several instances of a process may be given the same object, say one that
   * dispatches and one that works: the last that stops closes it.
   */
  readonly storage: Storage;
  /** The tasks that can be dispatched and run. */
  readonly tasks: readonly AnyTask[];
  /**
   * How much history tasks leave that do not say.
   *
   * @default "Full"
   */
  readonly defaultAuditLevel?: AuditLevel;
  /** Settings by queue. `default` and `recurring` exist in any case. */
  readonly queues?: Readonly<Record<string, QueueOptions>>;
  /**
   * What follows a failed attempt of tasks and queues that do not say. @default linearRetry(3, 500)
   */
  readonly retry?: RetryPolicy;
  /** How long an attempt may take, for tasks and queues that do not say. @default no limit */
  readonly timeout?: Duration;
  /**
   * How long a handler may continue after its signal has aborted before its slot is freed.
   * @default 5 seconds
   */
  readonly abortGrace?: Duration;
  /**
   * Gets EverTask's own messages, failures of tasks among them (see `logFailures` of a task), and
   * what handlers log. A function gives each part a logger of its own, by category.
   *
   * @default warnings and errors to the console
   */
  readonly logger?: Logger | LoggerFactory;
  /** Stores what handlers log: `true`, or which lines. @default false */
  readonly persistentLogs?: boolean | PersistentLogOptions;
  /**
   * Deletes old audit rows, log lines and ended tasks while workers run. @default everything is
   * kept
   */
  readonly retention?: RetentionOptions;
  /**
   * How long a worker process may be silent before others take over its tasks. Its heartbeat comes
   * three times as often.
   *
   * @default 15 seconds
   */
  readonly leaseDuration?: Duration;
  /**
   * A task fails if its process ended more often than this while the task was running: the task may
   * crash the process. From half of this limit on, such tasks run one at a time in a process, so
   * that tasks which only ran beside it do not fail. A task that only waited in the process never
   * fails for this reason.
   *
   * @default 5
   */
  readonly poisonLimit?: number;
  /**
   * For how long a dispatch tries again while storage is out of reach, before it rejects. @default
   * 15 seconds
   */
  readonly dispatchRetryFor?: Duration;
  /** Names this process's machine in the table of workers. @default the runtime's name */
  readonly host?: string;
  /**
   * The name under which there is one instance in a process. Making another one of that name stops
   * the one before, as hot reload needs it: its handlers are interrupted after 5 seconds and run
   * again, the calls of those who still hold it go to the new one, and if it ran tasks, so does the
   * new one. Storage is opened after that.
   *
   * @default several instances may live side by side
   */
  readonly singleton?: string;
  /** Wraps dispatches and executions, for tracing; of several, the first is the outermost. */
  readonly instrumentation?: Instrumentation | readonly Instrumentation[];
  /** The clock; another one is for tests. @default systemClock */
  readonly clock?: Clock;
  /** The source of randomness for ids and for the jitter of retries; another one is for tests. */
  readonly random?: FillRandom;
}

/** Which lines that handlers log are stored. */
export interface PersistentLogOptions {
  /**
   * The least severe lines that are stored.
   *
   * @default "Information"
   */
  readonly minimumLevel?: LogLevel;
  /**
   * How many lines of a run, all its attempts together, are stored. Further lines are dropped; the
   * last line of each attempt has their number. Each run of a series starts afresh.
   *
   * @default 1000
   */
  readonly maxLinesPerRun?: number;
}

/** Two of the `tasks` have the same type: a stored task could not tell which of them is meant. */
export class DuplicateTaskTypeError extends EverTaskError {
  /** The name that errors of this class keep. */
  override name = "DuplicateTaskTypeError";
  /** The type that two tasks have. */
  readonly taskType: string;

  /**
   * Makes the error with its remedy.
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
  singleton: true,
  instrumentation: true,
  clock: true,
  random: true,
};

/** The retry policy of tasks and queues without one. */
export const defaultRetry: RetryPolicy = linearRetry(3, { milliseconds: 500 });

/** The options, complete. */
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
 * Checks that no option is misspelt. A misplaced one may be a connection string: no error shows its
 * value.
 *
 * @param others Names of options that may come with them.
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
 * @throws {InvalidArgumentError} If one is invalid.
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
  if (options.singleton !== undefined) checkSingleton(options.singleton);
  const { userAgent = "", hardwareConcurrency = 2 } = globalThis.navigator ?? {};
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
      host: options.host ?? userAgent,
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

/** Checks the name of the machine; every store has room for that length. */
function checkHost(host: unknown): void {
  if (typeof host === "string" && host.length <= 400) return;
  throw new InvalidArgumentError("host", host, "be a string of at most 400 characters");
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
