// The clock of the core. It is injected, so that tests can stop it, and drivers can use the
// database's clock.

import { checkFlag, checkMethods, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";

/** The interface of clocks. {@linkcode systemClock} is the real one. */
export interface Clock {
  /**
   * The wall clock, in epoch milliseconds. May jump; only the storage's clock decides what is due.
   */
  now(): number;
  /**
   * Milliseconds since some fixed point, never going backwards: for measuring how long something
   * took.
   */
  monotonic(): number;
  /**
   * Calls back once, after the delay, and returns a function that calls it off. Any delay is
   * allowed: longer ones than a runtime's timer can hold (2^31 - 1 ms) are divided; infinite ones
   * never fire.
   *
   * @param callback What to call.
   * @param delayMs Milliseconds from now; less than 0 counts as 0.
   * @param options `unref`: the timer alone does not keep the process alive (where the runtime can
   * do that).
   */
  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): () => void;
}

/** Options of {@linkcode Clock.setTimer}. */
export interface TimerOptions {
  /**
   * The timer alone does not keep the process alive (where the runtime can do that).
   * @default false
   */
  readonly unref?: boolean;
}

/**
 * Checks the arguments of {@linkcode Clock.setTimer}.
 *
 * @throws {InvalidArgumentError} If one of them is wrong.
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

/** The longest delay that setTimeout holds; anything longer fires at once in every runtime. */
const longestTimeout = 2 ** 31 - 1;

/** The real clock, over `Date.now`, `performance.now` and `setTimeout`. */
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
      timer = left > longestTimeout
        ? setTimeout(arm, longestTimeout)
        : setTimeout(callback, Math.ceil(left));
      if (options.unref) unrefTimer(timer);
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/**
 * Checks a clock option; undefined means the system's clock.
 *
 * @throws {InvalidArgumentError} If it lacks a method.
 */
export function checkClock(clock: unknown, argument: string): void {
  if (clock === undefined) return;
  const remedy = "be a clock, with the methods now, monotonic and setTimer";
  checkMethods(clock, ["now", "monotonic", "setTimer"], argument, remedy);
}

/** Timers are objects with `unref` in Deno and Node and numbers in browsers. */
function unrefTimer(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer) {
    (timer as { unref(): void }).unref();
  }
}
