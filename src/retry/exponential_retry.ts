// Retries with exponential backoff. Random jitter keeps tasks that failed together from retrying
// together.

import { checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";
import { filterable, type FilterableRetryPolicy } from "./filterable_policy.ts";
import { parseRetries } from "./parse_retries.ts";

/** Options of {@linkcode exponentialRetry}. */
export interface ExponentialRetryOptions {
  /** The maximum number of retries: 3 means up to 4 executions. */
  readonly retries: number;
  /** The delay before the first retry. @default 1 second */
  readonly base?: Duration;
  /** The factor from one delay to the next; at least 1. @default 2 */
  readonly factor?: number;
  /** The maximum delay. @default 1 hour */
  readonly max?: Duration;
  /**
   * The maximum fraction of a delay that is randomly subtracted, from 0 (no jitter) to 1 (full
   * jitter).
   *
   * @default 0.5
   */
  readonly jitter?: number;
}

const optionNames: OptionNames<ExponentialRetryOptions> = {
  retries: true,
  base: true,
  factor: true,
  max: true,
  jitter: true,
};

/**
 * Returns a policy with exponential backoff. The first delay is `base`, and each further delay is
 * `factor` times as long, up to `max`. `jitter` shortens each delay randomly. Source: Marc Brooker,
 * "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015); a jitter of 0.5 is its "equal
 * jitter", 1 its "full jitter".
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exponentialRetry } from "@evertask/evertask";
 *
 * const policy = exponentialRetry({ retries: 5, base: { seconds: 1 }, max: { seconds: 10 }, jitter: 0 });
 * const delays = [1, 2, 3, 4, 5, 6].map((attempt) => policy.nextDelay(attempt, new Error("down")));
 * assertEquals(delays, [1_000, 2_000, 4_000, 8_000, 10_000, null]);
 * ```
 */
export function exponentialRetry(options: ExponentialRetryOptions): FilterableRetryPolicy {
  checkOptions(options, optionNames, "options");
  const { base = { seconds: 1 }, max = { hours: 1 }, factor = 2, jitter = 0.5 } = options;
  const retries = parseRetries(options.retries);
  const baseMs = toMilliseconds(base, "base");
  const maxMs = toMilliseconds(max, "max");
  if (!(Number.isFinite(factor) && factor >= 1)) {
    throw new InvalidArgumentError("factor", factor, "be a finite number of at least 1");
  }
  if (!(Number.isFinite(jitter) && jitter >= 0 && jitter <= 1)) {
    throw new InvalidArgumentError("jitter", jitter, "be a number from 0 to 1");
  }
  const rule = { kind: "exponential", retries, baseMs, factor, maxMs, jitter } as const;
  return filterable(rule, (attempt, _error, random = () => 0) => {
    if (attempt > retries) return null;
    // Limited to a finite number, because a base of 0 times Infinity is NaN.
    const growth = Math.min(factor ** (attempt - 1), Number.MAX_VALUE);
    const delayMs = Math.min(maxMs, baseMs * growth);
    return Math.round(delayMs * (1 - jitter * random()));
  });
}
