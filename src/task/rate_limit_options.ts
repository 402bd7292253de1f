// The rate limit of a task, checked and completed with defaults.

import { checkChoice, checkCount, checkFlag, checkOptions } from "../guards/argument_checks.ts";
import { EverTaskError, InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";

/**
 * How many tasks of a type may run in a time, one budget a key, shared by all workers of the store.
 * A task without budget waits in storage for the slot that it has reserved; it holds no worker, and
 * other keys flow on.
 *
 * Over any window of one period a key starts at most `permits + burst` times, by the storage's
 * clock, however late workers come for the slots of waiting tasks: each start asks the store once
 * more. A late worker takes an unused slot, or the next one. A handler begins when the answer of
 * the store arrives: the limit holds if answers differ by up to half of `period / permits`. To make
 * this enough for fast limits, too, `permits + 1` slots take at least 40 ms (a twenty-fifth of a
 * shorter period) longer than the period. This slows limits whose slots are less than 40 ms apart,
 * by 4 % at most if the period is 100 ms or more.
 *
 * @typeParam Payload What the handler gets.
 */
export interface RateLimitOptions<Payload> {
  /** How many may run in a period. */
  readonly permits: number;
  /** The period. */
  readonly period: Duration;
  /** How many may run at once after a pause. @default `permits` */
  readonly burst?: number;
  /** Whether a key that was never seen has to earn its burst first. @default false */
  readonly startEmpty?: boolean;
  /** Whether retries need a slot as well. @default true */
  readonly throttleRetries?: boolean;
  /** How far ahead a task may reserve its slot. @default 1 hour */
  readonly maxReservationHorizon?: Duration;
  /**
   * What happens to a task without budget: it waits for its slot (unless that is beyond the
   * horizon), or is discarded at once. A one-shot task that is discarded, or whose slot would be
   * beyond the horizon, fails with {@linkcode RateLimitRejectedError}; an occurrence of a recurring
   * one is skipped.
   *
   * @default "WaitForCapacity"
   */
  readonly overflow?: "WaitForCapacity" | "Discard";
  /**
   * Where the budget is kept: in the store, for all of its workers together, or in memory,
   * separately for each process and without a round trip.
   *
   * @default "store"
   */
  readonly scope?: "store" | "memory";
  /**
   * Names the budget that a task draws on, in up to 199 characters. A key function that throws, or
   * gives nothing, lets the task through with a warning. Without one, all tasks of the type share a
   * budget.
   */
  key?(payload: Payload): string | null | undefined;
}

/** A rate limit, complete. */
export interface RateLimitSettings {
  readonly emissionIntervalMs: number;
  readonly burst: number;
  readonly startEmpty: boolean;
  readonly throttleRetries: boolean;
  /** 0 for a limit that discards. */
  readonly horizonMs: number;
  readonly scope: "store" | "memory";
  /** For how long after its instant a slot counts as used in time. */
  readonly graceMs: number;
  /** How long before its turn a task may ask. */
  readonly mostAheadMs: number;
  readonly key: ((payload: unknown) => unknown) | undefined;
}

/**
 * A task was refused by its rate limit: its slot would be beyond the horizon, or the limit discards
 * tasks without budget.
 */
export class RateLimitRejectedError extends EverTaskError {
  /** `RateLimitRejectedError` */
  override name = "RateLimitRejectedError";
  /** The key of the budget; empty when the type has one budget. */
  readonly key: string;

  /** Writes the message for a type, a key and the wait that would have been necessary. */
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
  // By what permits + 1 intervals are longer than the period: half of it is for workers that come
  // late to their slots, the other half for handlers that begin late.
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
    // A start that is allowed early is charged as if it were at its slot. The lead must be small
    // compared with the burst or an interval, and must not use budget for lack of which another
    // task is discarded.
    mostAheadMs: overflow === "Discard"
      ? 0
      : Math.min(100, Math.max((burst - 1) / 2, 1 / 20) * emissionIntervalMs),
    key: key === undefined ? undefined : (payload) => options.key!(payload as never),
  };
}
