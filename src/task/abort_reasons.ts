// The abort reasons of a handler's signal, and the errors that a handler throws to fail or to run
// later.

import { EverTaskError, InvalidArgumentError } from "../guards/errors.ts";
import { isInstance, readMember } from "../thrown/reading.ts";
import { type Duration, longestDurationMs, toMillisecondsAtMost } from "../time/duration.ts";

/** The abort reason of a handler's signal after the attempt has exceeded its timeout. */
export class TimeoutError extends EverTaskError {
  /** `TimeoutError` */
  override name = "TimeoutError";
  /** The timeout, in milliseconds. */
  readonly timeoutMs: number;

  /**
   * Creates the error.
   *
   * @param timeoutMs The timeout, in milliseconds.
   */
  constructor(timeoutMs: number) {
    super(`The attempt has exceeded its timeout of ${timeoutMs} ms.`);
    this.timeoutMs = timeoutMs;
  }
}

/** The abort reason of a handler's signal after its task was cancelled. */
export class TaskCancelledError extends EverTaskError {
  /** `TaskCancelledError` */
  override name = "TaskCancelledError";

  /**
   * Creates the error.
   *
   * @param taskId The task's id.
   */
  constructor(taskId: string) {
    super(`Task ${taskId} was cancelled.`);
  }
}

/** The abort reason of a handler's signal after the timeout of `stop`. The task runs again. */
export class WorkerStoppedError extends EverTaskError {
  /** `WorkerStoppedError` */
  override name = "WorkerStoppedError";

  /** Creates the error. */
  constructor() {
    super("The worker stopped before the task had ended; the task is due again.");
  }
}

/**
 * The abort reason of a handler's signal when this process no longer holds the task, because its
 * heartbeat was late. Another worker may be running the task. The end of this attempt is not
 * recorded.
 */
export class LeaseLostError extends EverTaskError {
  /** `LeaseLostError` */
  override name = "LeaseLostError";

  /**
   * Creates the error.
   *
   * @param taskId The task's id.
   */
  constructor(taskId: string) {
    super(`The lease on task ${taskId} was lost; another worker may be running it.`);
  }
}

/** Thrown by a handler to fail the task at once, regardless of the retry policy. */
export class NonRetryableError extends EverTaskError {
  /** `NonRetryableError` */
  override name = "NonRetryableError";
}

/**
 * Thrown by a handler to run the task again after a given delay. The attempt counts neither as a
 * failure nor as a retry.
 */
export class RetryLater extends EverTaskError {
  /** `RetryLater` */
  override name = "RetryLater";
  /** The delay in milliseconds. */
  readonly delayMs: number;

  /**
   * Creates the error.
   *
   * @param delay The time until the next run. More than 1000 years count as 1000 years.
   * @param reason The reason, for the log and the status history.
   * @throws {InvalidArgumentError} If the delay is not a duration. The attempt then fails with this
   * error.
   */
  constructor(delay: Duration, reason = "The handler asked to run again later.") {
    if (typeof reason !== "string") throw new InvalidArgumentError("reason", reason, "be a string");
    super(reason);
    this.delayMs = toMillisecondsAtMost(delay, "delay");
  }
}

// Errors are also recognised by name, because a handler may use another copy of this package than
// the worker.

/** Reports whether a handler asked not to be retried. */
export function isNonRetryable(thrown: unknown): boolean {
  return isInstance(thrown, NonRetryableError) ||
    readMember(thrown, "name") === "NonRetryableError";
}

/**
 * Returns the delay in milliseconds after which a handler asked to run again; null if it did not.
 */
export function retryLaterDelay(thrown: unknown): number | null {
  if (!isInstance(thrown, RetryLater) && readMember(thrown, "name") !== "RetryLater") return null;
  const delayMs = readMember(thrown, "delayMs");
  if (typeof delayMs !== "number" || !(delayMs >= 0)) return null;
  return Math.min(delayMs, longestDurationMs);
}
