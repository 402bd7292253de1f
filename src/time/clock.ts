// The clock of the core. The clock is injected, so that tests can control the time.

import { checkFlag, checkMethods, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";

/** The interface of clocks. {@linkcode systemClock} is the real one. */
export interface Clock {
  /**
   * Returns the time of the wall clock, in epoch milliseconds. This time may jump; only the
   * storage's clock decides what is due.
   */
  now(): number;
  /**
   * Returns the milliseconds since a fixed point in time. Never decreases; use it to measure
   * durations.
   */
  monotonic(): number;
  /**
   * Calls `callback` once after a delay. Any delay is allowed. Delays above the limit of the
   * runtime's timers (2^31 - 1 ms) are divided; a timer with an infinite delay never fires.
   *
   * @param callback The function to call.
   * @param delayMs The delay in milliseconds. A negative value counts as 0.
   * @param options With `unref`, the timer does not keep the process alive, if the runtime supports
   * that.
   */
  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): () => void;
}

/** Options of {@linkcode Clock.setTimer}. */
export interface TimerOptions {
  /**
   * The timer does not keep the process alive, if the runtime supports that.
   * @default false
   */
  readonly unref?: boolean;
}

/**
 * Checks the arguments of {@linkcode Clock.setTimer}.
 *
 * @throws {InvalidArgumentError} If an argument is invalid.
 */
export function checkTimer(callback: unknown, delayMs: unknown, options: TimerOptions): void {
  if (typeof callback !== "function") {
    throw new InvalidArgumentError("callback", callback, "be a function");
  }
  if (typeof delayMs !== "number") {
    throw new InvalidArgumentError("delayMs", delayMs, "be a number of milliseconds");
  }
  checkOptions(options, { unref: true }, "options");
  const { unref = false } = options;
  checkFlag(unref, "options.unref");
}

/** The maximum delay of setTimeout, in milliseconds. A longer one fires at once in every runtime. */
export const longestTimeoutMs = 2 ** 31 - 1;

/** The real clock, based on `Date.now`, `performance.now` and `setTimeout`. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, delayMs, options = {}) {
    checkTimer(callback, delayMs, options);
    if (delayMs === Infinity) return () => {};
    const deadline = performance.now() + delayMs;
    let timer: ReturnType<typeof setTimeout>;
    const arm = (): void => {
      const left = Math.max(0, deadline - performance.now());
      timer = left > longestTimeoutMs
        ? setTimeout(arm, longestTimeoutMs)
        : setTimeout(callback, Math.ceil(left));
      if (options.unref) unrefTimer(timer);
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/**
 * Checks a clock option. Undefined means the system's clock.
 *
 * @throws {InvalidArgumentError} If the clock lacks a method.
 */
export function checkClock(clock: unknown, argument: string): void {
  if (clock === undefined) return;
  const remedy = "be a clock, with the methods now, monotonic and setTimer";
  checkMethods(clock, ["now", "monotonic", "setTimer"], argument, remedy);
}

/**
 * Calls `unref` of a timer. In Deno and Node, timers are objects with that method. In browsers,
 * they are numbers.
 */
function unrefTimer(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer) {
    (timer as { unref(): void }).unref();
  }
}
