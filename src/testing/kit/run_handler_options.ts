// The options of runHandler, and their checks.

import type { OptionNames } from "../../guards/option_names.ts";
import {
  checkCount,
  checkFunction,
  checkOptions,
  checkSignal,
  checkText,
} from "../../guards/argument_checks.ts";
import { parseQueueName, parseTaskKey } from "../../task/dispatch_options.ts";
import type { FillRandom } from "../../ids/uuid_v7.ts";
import { checkLogger, type Logger } from "../../log/logger.ts";
import { checkRetryPolicy, type RetryPolicy } from "../../task/retry_policy.ts";
import { checkClock, type Clock } from "../../time/clock.ts";
import type { Duration } from "../../time/duration.ts";
import { type Instant, toEpochMilliseconds } from "../../time/instant.ts";

/** The options of {@linkcode runHandler}, which set the handler's context. */
export interface RunHandlerOptions {
  /** The number of the attempt. @default 1 */
  readonly attempt?: number;
  /** The task's key. @default null */
  readonly taskKey?: string | null;
  /** The task's id. @default a new one */
  readonly taskId?: string;
  /** The queue. @default the task's, or "recurring" with `run`, or "default" */
  readonly queue?: string;
  /** The run of a series; `true` for the first one, now. @default none: a one-shot task */
  readonly run?: true | { readonly number?: number; readonly scheduledAt?: Instant };
  /**
   * Aborts the handler's signal, as `cancel` does. If the reason of this abort is an error of
   * EverTask (`new TimeoutError(30_000)`, `new WorkerStoppedError()`, …), the handler's signal
   * aborts with the same reason.
   */
  readonly signal?: AbortSignal;
  /** The timeout of the handler, by `clock`. @default the task's, then no limit */
  readonly timeout?: Duration;
  /**
   * The time, by `clock`, for which the handler may continue after its signal has aborted. A
   * handler that continues for longer counts as stuck.
   * @default 5 seconds
   */
  readonly abortGrace?: Duration;
  /** The retry policy. @default the task's, then `linearRetry(3, 500)` */
  readonly retry?: RetryPolicy;
  /** The clock of timeouts and instants, such as a {@linkcode FakeClock}. @default systemClock */
  readonly clock?: Clock;
  /** The logger for the handler's log lines, in addition to the result. @default silentLogger */
  readonly logger?: Logger;
  /** The source of randomness for ids and for the jitter of retries. */
  readonly random?: FillRandom;
}

const optionNames: OptionNames<RunHandlerOptions> = {
  attempt: true,
  taskKey: true,
  taskId: true,
  queue: true,
  run: true,
  signal: true,
  timeout: true,
  abortGrace: true,
  retry: true,
  clock: true,
  logger: true,
  random: true,
};

/**
 * Checks the options, except the durations, which are checked where they are used.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 */
export function checkRunOptions(options: RunHandlerOptions): void {
  checkOptions(options, optionNames, "options");
  const { attempt = 1, taskKey = null, taskId, queue, run = true, signal, retry } = options;
  checkCount(attempt, "attempt");
  if (taskKey !== null) parseTaskKey(taskKey);
  if (taskId !== undefined) checkText(taskId, "taskId");
  if (queue !== undefined) parseQueueName(queue, "queue");
  if (run !== true) checkRun(run);
  checkSignal(signal, "signal");
  if (retry !== undefined) checkRetryPolicy(retry, "retry");
  checkClock(options.clock, "clock");
  if (options.logger !== undefined) checkLogger(options.logger, "logger");
  checkFunction(options.random, "random");
}

function checkRun(run: Exclude<RunHandlerOptions["run"], true | undefined>): void {
  checkOptions(run, { number: true, scheduledAt: true }, "run");
  const { number = 1, scheduledAt } = run;
  checkCount(number, "run.number");
  if (scheduledAt !== undefined) toEpochMilliseconds(scheduledAt, "run.scheduledAt");
}
