// The options of alerts, and the checked settings with defaults.

import type { OptionNames } from "../../guards/option_names.ts";
import { checkCount, checkFunction, checkOptions } from "../../guards/argument_checks.ts";
import { guardClock } from "../../time/guarded_clock.ts";
import { guardLogger } from "../../log/guarded_logger.ts";
import { guardIds } from "../../ids/guarded_random.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { checkEventFilter } from "../../events/event_filter.ts";
import type { Severity, TaskEvent, TaskEventKind } from "../../events/task_event.ts";
import { randomId } from "../../ids/random_id.ts";
import { checkLogger, consoleLogger, type Logger } from "../../log/logger.ts";
import { checkClock, type Clock, systemClock } from "../../time/clock.ts";
import { type Duration, toMilliseconds } from "../../time/duration.ts";

/** Selects the events that become alerts, and controls their delivery. */
export interface AlertOptions {
  /**
   * The minimum severity.
   * @default "Error"; with `kinds`, those kinds of any severity
   */
  readonly severity?: Severity;
  /** Only these task types. */
  readonly types?: readonly string[];
  /** Only these kinds. */
  readonly kinds?: readonly TaskEventKind[];
  /** Only events for which this returns true. */
  readonly filter?: (event: TaskEvent) => boolean;
  /**
   * Returns the key of an event. Events with the same key count as repetitions.
   * @default kind, task type, queue and the first line of the exception without numbers
   */
  readonly keyOf?: (event: TaskEvent) => string;
  /**
   * The time for which alerts of the same key are suppressed. At the end of this time, one alert
   * represents all of them. 0 sends every alert.
   * @default 5 minutes
   */
  readonly repeatAfter?: Duration;
  /**
   * The maximum number of alerts per minute, over all keys. The next alert that is sent has the
   * number of suppressed events as `suppressed`. Infinity for no limit.
   * @default 30
   */
  readonly maxPerMinute?: number;
  /**
   * The maximum number of alerts that wait for delivery. Further alerts are dropped and counted.
   * Alerts are also dropped if the texts of all waiting alerts would exceed 10 million characters.
   * @default 1000
   */
  readonly maxQueue?: number;
  /**
   * The maximum number of attempts to deliver an alert. With the default pauses, 50 attempts take
   * ten hours.
   * @default 50
   */
  readonly attempts?: number;
  /**
   * The pause after a failed delivery. It doubles with each further failure, up to 15 minutes. A
   * receiver may ask for a longer pause, up to an hour.
   * @default 1 second
   */
  readonly backoff?: Duration;
  /**
   * The timeout of a delivery.
   * @default 10 seconds
   */
  readonly timeout?: Duration;
  /**
   * The logger for failed deliveries.
   * @default consoleLogger
   */
  readonly logger?: Logger;
  /**
   * The clock.
   * @default systemClock
   */
  readonly clock?: Clock;
  /**
   * Returns a new id for an alert.
   * @default random UUIDs
   */
  readonly newId?: () => string;
}

/** The options completed with defaults. Durations are milliseconds. */
export interface AlertSettings {
  readonly severity: Severity;
  readonly types: readonly string[] | undefined;
  readonly kinds: readonly TaskEventKind[] | undefined;
  readonly filter: (event: TaskEvent) => boolean;
  readonly keyOf: (event: TaskEvent) => string;
  readonly repeatAfterMs: number;
  readonly maxPerMinute: number;
  readonly maxQueue: number;
  readonly attempts: number;
  readonly backoffMs: number;
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** The names of {@linkcode AlertOptions}. */
export const optionNames: OptionNames<AlertOptions> = {
  severity: true,
  types: true,
  kinds: true,
  filter: true,
  keyOf: true,
  repeatAfter: true,
  maxPerMinute: true,
  maxQueue: true,
  attempts: true,
  backoff: true,
  timeout: true,
  logger: true,
  clock: true,
  newId: true,
};

/**
 * Checks the options and completes them with defaults.
 *
 * @throws {InvalidArgumentError} If an option is invalid or unknown.
 */
export function alertSettings(options: AlertOptions): AlertSettings {
  checkOptions(options, optionNames, "options");
  const { severity, types, kinds } = options;
  checkEventFilter({
    ...(severity === undefined ? {} : { severity }),
    ...(types === undefined ? {} : { types }),
    ...(kinds === undefined ? {} : { kinds }),
  });
  for (const name of ["filter", "keyOf", "newId"] as const) checkFunction(options[name], name);
  if (options.logger !== undefined) checkLogger(options.logger, "logger");
  checkClock(options.clock, "clock");
  const { maxPerMinute = 30, maxQueue = 1000, attempts = 50 } = options;
  const { repeatAfter = { minutes: 5 }, backoff = { seconds: 1 } } = options;
  const { timeout = { seconds: 10 } } = options;
  if (typeof maxPerMinute !== "number" || !(maxPerMinute > 0)) {
    throw new InvalidArgumentError("maxPerMinute", maxPerMinute, "be above 0, or Infinity");
  }
  checkCount(maxQueue, "maxQueue");
  checkCount(attempts, "attempts");
  const logger = guardLogger(options.logger ?? consoleLogger);
  return {
    severity: severity ?? (kinds === undefined ? "Error" : "Information"),
    types,
    kinds,
    filter: options.filter ?? (() => true),
    keyOf: options.keyOf ?? defaultKey,
    repeatAfterMs: toMilliseconds(repeatAfter, "repeatAfter"),
    maxPerMinute,
    maxQueue,
    attempts,
    backoffMs: toMilliseconds(backoff, "backoff"),
    timeoutMs: toMilliseconds(timeout, "timeout"),
    logger,
    clock: guardClock(options.clock ?? systemClock, logger),
    newId: guardIds(options.newId ?? randomId, randomId, logger),
  };
}

/** The number of characters of an exception's first line that are part of the default key. */
const longestProblem = 500;

/**
 * Returns the default key. Numbers are removed, because they are ids and amounts: "order 17 not
 * found" and "order 18 not found" are the same problem.
 */
function defaultKey({ kind, taskType, queue, exception }: TaskEvent): string {
  const [firstLine = ""] = (exception ?? "").split("\n", 1);
  const problem = firstLine.slice(0, longestProblem).replace(/\d+/g, "0");
  return JSON.stringify([kind, taskType, queue, problem]);
}
