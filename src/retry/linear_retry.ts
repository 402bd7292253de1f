// Retries a fixed number of times, after a constant delay or a list of delays.

import { InvalidArgumentError } from "../guards/errors.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";
import { filterable, type FilterableRetryPolicy } from "./filterable_policy.ts";
import { parseRetries } from "./parse_retries.ts";

/**
 * Returns a policy that retries a number of times, after a constant delay or a list of delays.
 *
 * @param retries The maximum number of retries: 3 means up to 4 executions.
 * @param delay The delay before each retry, or a list with one delay for each retry. If there are
 * more retries than delays, the last delay repeats.
 * @throws {InvalidArgumentError} If `retries` is not an integer of at least 0, or a delay is
 * invalid.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { linearRetry } from "@evertask/evertask";
 *
 * const policy = linearRetry(3, { milliseconds: 500 });
 * assertEquals(policy.nextDelay(3, new Error("down")), 500);
 * assertEquals(policy.nextDelay(4, new Error("down")), null);
 * ```
 */
export function linearRetry(
  retries: number,
  delay: Duration | readonly Duration[],
): FilterableRetryPolicy {
  parseRetries(retries);
  const delaysMs = (isList(delay) ? delay : [delay]).map((each) => toMilliseconds(each, "delay"));
  if (delaysMs.length === 0) {
    throw new InvalidArgumentError("delay", delay, "hold at least one duration");
  }
  return filterable(
    { kind: "linear", retries, delaysMs },
    (attempt) => attempt > retries ? null : delaysMs[Math.min(attempt, delaysMs.length) - 1]!,
  );
}

function isList(delay: Duration | readonly Duration[]): delay is readonly Duration[] {
  return Array.isArray(delay);
}
