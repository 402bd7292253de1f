// Decides how an attempt ends: a pure function of the handler's outcome, the reason of its abort,
// and the retry policy.

import { answerAtOnce } from "../../guards/calls.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { PayloadValidationError } from "../../payload/payload_validation_error.ts";
import type { RetryPolicy } from "../../task/retry_policy.ts";
import type { TaskStatus } from "../../storage/task_status.ts";
import { cutDescription, describeError, headlineOf } from "../../thrown/describe_error.ts";
import { isInstance } from "../../thrown/reading.ts";
import { longestDurationMs } from "../../time/duration.ts";
import {
  isNonRetryable,
  LeaseLostError,
  retryLaterDelay,
  TaskCancelledError,
  TimeoutError,
  WorkerStoppedError,
} from "../../task/abort_reasons.ts";

/** The result of an attempt: the task's next status, and when the task is due again. */
export interface Ending {
  readonly status: TaskStatus;
  readonly exception: string | null;
  /** The error that `exception` describes. */
  readonly error?: unknown;
  /**
   * The time until the task can be claimed again, in milliseconds. Undefined if the task is not
   * claimed again, or if its series sets the next run.
   */
  readonly dueInMs?: number;
  /** Whether the attempt does not count. */
  readonly returnAttempt?: boolean;
  /** The error with which the retry policy failed, if it did. */
  readonly policyFault?: unknown;
}

/** The outcome of an attempt. */
export interface AttemptResult {
  /** The error that the handler threw; undefined if it returned. */
  readonly failure: { readonly error: unknown } | undefined;
  /** The abort reason of the handler's signal; undefined if it did not abort. */
  readonly abortReason: unknown;
  /** The number of attempts that storage has counted, including this one. */
  readonly attempt: number;
  /** The number of those attempts that were lost with their worker. */
  readonly lostCount: number;
}

/**
 * Returns the number of an attempt for retry policies and rate limits. Attempts that were lost with
 * their worker do not count.
 */
export function countedAttempt(
  { attempt, lostCount }: Pick<AttemptResult, "attempt" | "lostCount">,
): number {
  return Math.max(1, attempt - lostCount);
}

/**
 * Decides what follows an attempt. If the handler returns, the task is completed, even if the
 * handler was asked to stop. If the handler throws after a request to stop, the reason of the
 * request decides. After any other error, including a timeout, the retry policy decides. A policy
 * that throws or returns an invalid delay fails the task.
 *
 * @param random Returns a number from 0 to below 1, for the policy's jitter.
 * @returns The ending, or null if the worker no longer holds the task and must write nothing.
 */
export function decideEnding(
  result: AttemptResult,
  policy: RetryPolicy,
  random: () => number,
): Ending | null {
  const { failure, abortReason } = result;
  if (abortReason instanceof LeaseLostError) return null;
  if (failure === undefined) return { status: "Completed", exception: null };
  if (abortReason instanceof TaskCancelledError) return { status: "Cancelled", exception: null };
  if (abortReason instanceof WorkerStoppedError) {
    const exception = describeError(abortReason);
    return { status: "ServiceStopped", exception, dueInMs: 0, returnAttempt: true };
  }
  const { error } = failure;
  const laterMs = retryLaterDelay(error);
  if (laterMs !== null) {
    return { status: "Pending", exception: null, dueInMs: laterMs, returnAttempt: true };
  }
  const timedOut = abortReason instanceof TimeoutError;
  const cause = timedOut ? abortReason : error;
  const told = timedOut && error !== abortReason ? withCause(abortReason, error) : cause;
  const failed = { status: "Failed", exception: describeError(told), error: told } as const;
  // A payload that fails validation will fail again, so it is not retried. The stored payload stays
  // unchanged.
  if (isNonRetryable(error) || isInstance(error, PayloadValidationError)) return failed;
  let delay: number | null;
  try {
    delay = checkedDelay(policy.nextDelay(countedAttempt(result), cause, random));
  } catch (policyFault) {
    const note = "The task is not retried, since its retry policy failed: " +
      headlineOf(policyFault);
    const exception = cutDescription(`${note}\n${failed.exception}`);
    return { ...failed, exception, policyFault };
  }
  if (delay === null) return failed;
  return { ...failed, status: "Pending", dueInMs: Math.min(delay, longestDurationMs) };
}

function checkedDelay(answer: unknown): number | null {
  const delay = answerAtOnce(answer, "nextDelay");
  if (delay === null || (typeof delay === "number" && delay >= 0 && delay < Infinity)) return delay;
  throw new InvalidArgumentError("nextDelay", delay, "return milliseconds of at least 0, or null");
}

function withCause(timeout: TimeoutError, cause: unknown): TimeoutError {
  const error = new TimeoutError(timeout.timeoutMs);
  error.cause = cause;
  return error;
}
