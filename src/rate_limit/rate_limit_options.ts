// The rate limit of a task: what a user writes, checked and completed.

import { checkChoice, checkCount } from "../argument_checks.ts";
import { EverTaskError, InvalidArgumentError } from "../errors.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";

/**
 * How many tasks of a type may run in a time, one budget a key, shared by all workers of the store. A task without budget waits in
 * storage for the slot that it has reserved; it holds no worker, and other keys flow on.
 *
 * Over any window of one period a key runs at most `permits + burst` times, as long as workers come to a waiting task within
 * period / permits of its slot. One that comes later, up to a second (and up to half a period), still uses it, as a server
 * would see of a caller on a slow line: then the window may hold as many runs more as there are slots in the time that it was
 * late by, at most half the permits. To refuse such a slot would cost more than it is worth: a limit of hundreds in a second
 * has its slots a few milliseconds apart, and a busy worker would come too late for each new one, for ever. A slot that was
 * missed by more lapses, and the task reserves another.
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
   * What becomes of a task without budget: it waits for its slot (unless that is beyond the horizon), or is discarded at once. A
   * one-shot task that is discarded, or whose slot would be beyond the horizon, fails with {@linkcode RateLimitRejectedError};
   * an occurrence of a recurring one is skipped.
   *
   * @default "WaitForCapacity"
   */
  readonly overflow?: "WaitForCapacity" | "Discard";
  /**
   * Where the budget is kept: in the store, for all of its workers together, or in memory, for each process by itself and
   * without a round trip.
   *
   * @default "store"
   */
  readonly scope?: "store" | "memory";
  /**
   * Names the budget that a task draws on, in up to 199 characters. A key function that throws, or gives nothing, lets the task
   * through with a warning. Without one, all tasks of the type share a budget.
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
  /** For how long after its instant a slot can be used. */
  readonly validForMs: number;
  readonly key: ((payload: unknown) => unknown) | undefined;
}

/** A task was refused by its rate limit: its slot would be beyond the horizon, or the limit discards what has no budget. */
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
  if (typeof options !== "object" || options === null) {
    throw new InvalidArgumentError(where, options, "be an object with permits and period");
  }
  const { permits, burst = permits, overflow = "WaitForCapacity", scope = "store", key } = options;
  const { startEmpty = false, throttleRetries = true } = options;
  checkCount(permits, `${where}.permits`);
  checkCount(burst, `${where}.burst`);
  const periodMs = toMilliseconds(options.period, `${where}.period`);
  if (periodMs === 0) {
    throw new InvalidArgumentError(`${where}.period`, options.period, "be longer than nothing");
  }
  const horizon = options.maxReservationHorizon ?? { hours: 1 };
  const horizonMs = toMilliseconds(horizon, `${where}.maxReservationHorizon`);
  checkChoice(overflow, ["WaitForCapacity", "Discard"], `${where}.overflow`);
  checkChoice(scope, ["store", "memory"], `${where}.scope`);
  if (key !== undefined && typeof key !== "function") {
    throw new InvalidArgumentError(`${where}.key`, key, "be a function of the payload");
  }
  const emissionIntervalMs = periodMs / permits;
  return {
    emissionIntervalMs,
    burst,
    startEmpty,
    throttleRetries,
    horizonMs: overflow === "Discard" ? 0 : horizonMs,
    scope,
    validForMs: Math.max(emissionIntervalMs, Math.min(1_000, periodMs / 2)),
    key: key === undefined ? undefined : (payload) => options.key!(payload as never),
  };
}
