// A clock for tests that advances only when the test requests it.

import { InvalidArgumentError } from "../guards/errors.ts";
import { checkTimer, type Clock, systemClock, type TimerOptions } from "../time/clock.ts";
import { macrotasksDone } from "../time/macrotask.ts";

interface Timer {
  readonly callback: () => void;
  readonly dueAt: number;
}

/**
 * A clock that advances only by {@linkcode FakeClock.advance}.
 *
 * @example
 * ```ts
 * import { FakeClock } from "@evertask/evertask/testing";
 *
 * const clock = new FakeClock("2026-12-25T10:00:00Z");
 * clock.setTimer(() => console.log("an hour later"), 3_600_000);
 * await clock.advance(3_600_000);
 * ```
 */
export class FakeClock implements Clock {
  #now: number;
  #monotonic = 0;
  readonly #timers = new Set<Timer>();

  /**
   * Creates a stopped clock.
   *
   * @param start The first reading: an ISO 8601 string or epoch milliseconds.
   * @throws {InvalidArgumentError} If that is not an instant.
   */
  constructor(start: string | number = "2026-01-01T00:00:00Z") {
    this.#now = toInstant(start, "start");
  }

  /** The wall clock, in epoch milliseconds. */
  now(): number {
    return this.#now;
  }

  /** The milliseconds by which the clock was advanced since its creation. */
  monotonic(): number {
    return this.#monotonic;
  }

  /** The number of waiting timers. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Calls `callback` once, after the clock was advanced by `delayMs`. */
  setTimer(callback: () => void, delayMs: number, options: TimerOptions = {}): () => void {
    checkTimer(callback, delayMs, options);
    if (delayMs === Infinity) return () => {};
    const timer = { callback, dueAt: this.#monotonic + Math.max(0, delayMs) };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /**
   * Advances the clock. Timers, including those set in between, fire in the order of their
   * instants, each at its instant. Between two timers, runs all work that waits only for promises
   * and turns of the event loop.
   *
   * @param ms The time in milliseconds, at least 0.
   * @throws {InvalidArgumentError} If `ms` is negative or not finite.
   */
  async advance(ms: number): Promise<void> {
    if (!(Number.isFinite(ms) && ms >= 0)) {
      throw new InvalidArgumentError("ms", ms, "be a finite number of at least 0");
    }
    const end = this.#monotonic + ms;
    await settle();
    for (let timer = this.#nextTimer(end); timer !== undefined; timer = this.#nextTimer(end)) {
      this.#goTo(timer.dueAt);
      this.#timers.delete(timer);
      timer.callback();
      await settle();
    }
    this.#goTo(end);
  }

  /**
   * Sets the wall clock forwards or backwards, as an administrator does. The monotonic clock does
   * not advance and no timer fires.
   *
   * @throws {InvalidArgumentError} If that is not an instant.
   */
  setTime(instant: string | number): void {
    this.#now = toInstant(instant, "instant");
  }

  #goTo(monotonic: number): void {
    const passed = Math.max(0, monotonic - this.#monotonic);
    this.#monotonic += passed;
    this.#now += passed;
  }

  /**
   * Returns the next timer. Among timers for the same instant, the timer that was set first comes
   * first.
   */
  #nextTimer(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= end && !(next && next.dueAt <= timer.dueAt)) next = timer;
    }
    return next;
  }
}

/** The maximum number of turns of the event loop. Work that needs more is assumed to be endless. */
const mostTurns = 10_000;

/**
 * Runs all work that waits only for promises and turns of the event loop, as batched writes do,
 * before any real timer fires.
 */
async function settle(): Promise<void> {
  await macrotasksDone(mostTurns);
  await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 0));
}

function toInstant(instant: string | number, argument: string): number {
  const epoch = typeof instant === "string" ? Date.parse(instant) : instant;
  if (Number.isFinite(epoch)) return epoch;
  throw new InvalidArgumentError(argument, instant, "be an ISO 8601 string or epoch milliseconds");
}
