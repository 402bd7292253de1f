// The reasons of a handler's signal, and the errors that a handler throws to fail or to run later.

import { EverTaskError, InvalidArgumentError } from "../guards/errors.ts";
import { isInstance, readMember } from "../thrown/reading.ts";
import { type Duration, longestDurationMs, toMillisecondsAtMost } from "../time/duration.ts";

/** The reason of a handler's signal when its attempt has taken longer than the timeout allows. */
export class TimeoutError extends EverTaskError {
  /** The name that errors of this class keep. */
  override name = "TimeoutError";
  /** The timeout, in milliseconds. */
  readonly timeoutMs: number;

  /**
   * Tells what happened.
   *
   * @param timeoutMs The timeout, in milliseconds.
   */
  constructor(timeoutMs: number) {
    super(`The attempt has exceeded its timeout of ${timeoutMs} ms.`);
    this.timeoutMs = timeoutMs;
  }
}

/** The reason of a handler's signal when its task was cancelled. */
export class TaskCancelledError extends EverTaskError {
  /** The name that errors of this class keep. */
  override name = "TaskCancelledError";

  /**
   * Tells what happened.
   *
   * @param taskId The task's id.
   */
  constructor(taskId: string) {
    super(`Task ${taskId} was cancelled.`);
  }
}

/**
 * The reason of a handler's signal when the time that `stop` grants has passed; the task runs
 * again.
 */
export class WorkerStoppedError extends EverTaskError {
  /** The name that errors of this class keep. */
  override name = "WorkerStoppedError";

  /** Tells what happened. */
  constructor() {
    super("The worker stopped before the task had ended; the task is due again.");
  }
}

/**
 * The reason of a handler's signal when this process no longer holds the task: its heartbeat was
 * late, and another worker may be running it. Nothing that this attempt does is recorded any more.
 */
export class LeaseLostError extends EverTaskError {
  /** The name that errors of this class keep. */
  override name = "LeaseLostError";

  /**
   * Tells what happened.
   *
   * @param taskId The task's id.
   */
  constructor(taskId: string) {
    super(`The lease on task ${taskId} was lost; another worker may be running it.`);
  }
}

/** Throw it from a handler to fail the task at once, regardless of the retry policy. */
export class NonRetryableError extends EverTaskError {
  /** The name that errors of this class keep. */
  override name = "NonRetryableError";
}

/**
 * Throw it from a handler to have the task run again after a delay of its own choosing. It counts
 * as no failure and uses up no retry.
 */
export class RetryLater extends EverTaskError {
  /** The name that errors of this class keep. */
  override name = "RetryLater";
  /** In milliseconds. */
  readonly delayMs: number;

  /**
   * Asks for another run.
   *
   * @param delay How long from now; more than 1000 years count as 1000 years.
   * @param reason Why, for the log and the status history.
   * @throws {InvalidArgumentError} If the delay is not a duration. The attempt fails with it.
   */
  constructor(delay: Duration, reason = "The handler asked to run again later.") {
    if (typeof reason !== "string") throw new InvalidArgumentError("reason", reason, "be a string");
    super(reason);
    this.delayMs = toMillisecondsAtMost(delay, "delay");
  }
}

// Handlers may get these classes from another copy of this package than the worker: so they are
// recognised by their names, too.

/** Reports whether a handler asked not to be retried. */
export function isNonRetryable(thrown: unknown): boolean {
  return isInstance(thrown, NonRetryableError) ||
    readMember(thrown, "name") === "NonRetryableError";
}

/** The delay in milliseconds after which a handler asked to run again; null when it did not. */
export function retryLaterDelay(thrown: unknown): number | null {
  if (!isInstance(thrown, RetryLater) && readMember(thrown, "name") !== "RetryLater") return null;
  const delayMs = readMember(thrown, "delayMs");
  if (typeof delayMs !== "number" || !(delayMs >= 0)) return null;
  return Math.min(delayMs, longestDurationMs);
}
