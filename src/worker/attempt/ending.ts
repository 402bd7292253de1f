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

/** What follows an attempt: the task's next status, and when it is due again. */
export interface Ending {
  readonly status: TaskStatus;
  readonly exception: string | null;
  /** What `exception` describes. */
  readonly error?: unknown;
  /**
   * When it can be claimed again, in milliseconds from now; undefined: never, or when its series
   * says.
   */
  readonly dueInMs?: number;
  /** Whether the attempt does not count. */
  readonly returnAttempt?: boolean;
  /** What the retry policy failed with, if it did. */
  readonly policyFault?: unknown;
}

/** The outcome of an attempt. */
export interface AttemptResult {
  /** What the handler threw; undefined when it returned. */
  readonly failure: { readonly error: unknown } | undefined;
  /** The reason of the handler's signal; undefined when it did not abort. */
  readonly abortReason: unknown;
  /** The attempts that storage has counted, this one included. */
  readonly attempt: number;
  /** How many of them were lost with their worker. */
  readonly lostCount: number;
}

/**
 * The number of an attempt as retry policies and rate limits see it: attempts that were lost with
 * their worker do not count.
 */
export function countedAttempt(
  { attempt, lostCount }: Pick<AttemptResult, "attempt" | "lostCount">,
): number {
  return Math.max(1, attempt - lostCount);
}

/**
 * Decides what follows an attempt. A handler that returns has completed its task, even if it was
 * asked to stop. One that throws after it was asked to stop ends as the request says; anything
 * else, a timeout among it, is for the retry policy. A policy that throws, or answers with no
 * delay, fails the task.
 *
 * @param random Gives a number from 0 up to 1, for the policy's jitter.
 * @returns The ending, or null when the task is no longer ours and nothing may be written.
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
  // A payload that does not validate today will not tomorrow: it fails at once, and keeps its text.
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
  throw new InvalidArgumentError("nextDelay", delay, "give milliseconds of at least 0, or null");
}

function withCause(timeout: TimeoutError, cause: unknown): TimeoutError {
  const error = new TimeoutError(timeout.timeoutMs);
  error.cause = cause;
  return error;
}
