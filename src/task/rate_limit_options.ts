// The rate limit of a task, checked and completed with defaults.

import { checkChoice, checkCount, checkFlag, checkOptions } from "../guards/argument_checks.ts";
import { EverTaskError, InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";

/**
 * The maximum number of tasks of a type that start in a period. Each key has its own budget, which
 * all workers of the store share. If the budget is used up, a task reserves a slot (the instant at
 * which it may start), and waits for it in storage. Meanwhile it occupies no worker, and does not
 * delay tasks of other keys.
 *
 * In any window of one period, at most `permits + burst` tasks of a key start, by the storage's
 * clock. This holds even if a worker is late for a reserved slot, because the worker asks the store
 * again before each start. A late task takes an unused slot or the next slot.
 *
 * A handler begins when the answer of the store arrives. The limit therefore holds for handlers if
 * the latency of answers varies by at most half of the interval between slots, `period / permits`.
 * A limit whose interval is less than 40 ms gets a longer interval, such that `permits + 1`
 * intervals exceed the period by 40 ms. For a period of less than a second, a twenty-fifth of the
 * period, but at least 4 ms, replaces the 40 ms. This slows such a limit by at most 4 % if the
 * period is 100 ms or more.
 *
 * @typeParam Payload The type of payload that the handler gets.
 */
export interface RateLimitOptions<Payload> {
  /** The number of tasks per period. */
  readonly permits: number;
  /** The period. */
  readonly period: Duration;
  /** The number of tasks that may start at once after a pause. @default `permits` */
  readonly burst?: number;
  /** Whether a new key starts without burst. @default false */
  readonly startEmpty?: boolean;
  /** Whether retries also need a slot. @default true */
  readonly throttleRetries?: boolean;
  /** The maximum time until a reserved slot. @default 1 hour */
  readonly maxReservationHorizon?: Duration;
  /**
   * The effect of the limit on a task when the budget is used up. `WaitForCapacity`: the task
   * waits for its slot, unless the slot is beyond `maxReservationHorizon`. `Discard`: the task does
   * not wait. A one-shot task that is discarded, or whose slot is beyond the horizon, fails with
   * {@linkcode RateLimitRejectedError}. An occurrence of a recurring task is skipped.
   *
   * @default "WaitForCapacity"
   */
  readonly overflow?: "WaitForCapacity" | "Discard";
  /**
   * The place of the budget: the store, shared by all its workers, or memory, separate for each
   * process and without a round trip.
   *
   * @default "store"
   */
  readonly scope?: "store" | "memory";
  /**
   * Returns the key of a task's budget, up to 199 characters. If the function throws or returns no
   * key, the task starts without a slot, and a warning is logged. Without this function, all tasks
   * of the type share a budget.
   */
  key?(payload: Payload): string | null | undefined;
}

/** A rate limit, completed with defaults. */
export interface RateLimitSettings {
  readonly emissionIntervalMs: number;
  readonly burst: number;
  readonly startEmpty: boolean;
  readonly throttleRetries: boolean;
  /** The maximum time until a slot, in milliseconds; 0 for a limit that discards. */
  readonly horizonMs: number;
  readonly scope: "store" | "memory";
  /**
   * The maximum time by which a run may miss its slot and still count as on time, in milliseconds.
   */
  readonly graceMs: number;
  /** The maximum time between a task's request to the limit and its start, in milliseconds. */
  readonly mostAheadMs: number;
  readonly key: ((payload: unknown) => unknown) | undefined;
}

/**
 * A rate limit rejected a task. Either its slot would be beyond `maxReservationHorizon`, or the
 * budget is used up and `overflow` is `Discard`.
 */
export class RateLimitRejectedError extends EverTaskError {
  /** `RateLimitRejectedError` */
  override name = "RateLimitRejectedError";
  /** The key of the budget; empty if the type has a single budget. */
  readonly key: string;

  /** Creates the error for a type, a key and the wait until the next slot. */
  constructor(taskType: string, key: string, waitMs: number, horizonMs: number) {
    const budget = key === "" ? `task "${taskType}"` : `task "${taskType}" and key "${key}"`;
    super(
      `The rate limit of ${budget} has no slot within ${horizonMs} ms (the next one is in ${waitMs} ms): ` +
        `dispatch fewer tasks, or raise permits, burst or maxReservationHorizon.`,
    );
    this.key = key;
  }
}

const optionNames: OptionNames<RateLimitOptions<never>> = {
  permits: true,
  period: true,
  burst: true,
  key: true,
  overflow: true,
  maxReservationHorizon: true,
  startEmpty: true,
  throttleRetries: true,
  scope: true,
};

/**
 * Checks and completes a rate limit.
 *
 * @param where The option's name, for error messages.
 * @throws {InvalidArgumentError} If a setting is invalid.
 */
export function parseRateLimit(
  options: RateLimitOptions<never>,
  where: string,
): RateLimitSettings {
  checkOptions(options, optionNames, where);
  const { permits, burst = permits, overflow = "WaitForCapacity", scope = "store", key } = options;
  const { startEmpty = false, throttleRetries = true } = options;
  checkCount(permits, `${where}.permits`);
  checkCount(burst, `${where}.burst`);
  const periodMs = toMilliseconds(options.period, `${where}.period`);
  if (periodMs === 0) {
    throw new InvalidArgumentError(`${where}.period`, options.period, "be longer than nothing");
  }
  const { maxReservationHorizon: horizon = { hours: 1 } } = options;
  const horizonMs = toMilliseconds(horizon, `${where}.maxReservationHorizon`);
  checkFlag(startEmpty, `${where}.startEmpty`);
  checkFlag(throttleRetries, `${where}.throttleRetries`);
  checkChoice(overflow, ["WaitForCapacity", "Discard"], `${where}.overflow`);
  checkChoice(scope, ["store", "memory"], `${where}.scope`);
  if (key !== undefined && typeof key !== "function") {
    throw new InvalidArgumentError(`${where}.key`, key, "be a function of the payload");
  }
  // The minimum by which permits + 1 intervals exceed the period: one half is for workers that are
  // late for their slots, the other half for handlers that begin late.
  const leastSpareMs = Math.min(40, Math.max(periodMs / 25, 4));
  const emissionIntervalMs = Math.max(
    periodMs / permits,
    (periodMs + leastSpareMs) / (permits + 1),
  );
  const spareMs = emissionIntervalMs * (permits + 1) - periodMs;
  return {
    emissionIntervalMs,
    burst,
    startEmpty,
    throttleRetries,
    horizonMs: overflow === "Discard" ? 0 : horizonMs,
    scope,
    graceMs: spareMs / 2 - 1,
    // A task that asks early is charged for the latest instant at which it may start. The time
    // until then must be short compared with the burst or an interval. With `Discard` the time is
    // 0: a charge for a later instant would leave too little budget for another task, which would
    // be discarded.
    mostAheadMs: overflow === "Discard"
      ? 0
      : Math.min(100, Math.max((burst - 1) / 2, 1 / 20) * emissionIntervalMs),
    key: key === undefined ? undefined : (payload) => options.key!(payload as never),
  };
}
