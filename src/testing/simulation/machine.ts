// The machine of a process. The process runs, is frozen, or was killed. The machine's clock may be
// wrong. All input of a process (timers, answers, signals) passes through the machine.

import { checkTimer, type Clock, type TimerOptions } from "../../time/clock.ts";
import type { Timeline } from "./timeline.ts";

/** The error of a machine's clock. */
export interface ClockFault {
  /** The time by which the wall clock is ahead, in milliseconds. */
  readonly offsetMs: number;
  /** The milliseconds that the machine counts per real millisecond; 1 is correct. */
  readonly rate: number;
}

/** A clock without errors. */
export const rightTime: ClockFault = { offsetMs: 0, rate: 1 };

/** Returns the clock of the store, which is never wrong or frozen. */
export function rightClock(timeline: Timeline): Clock {
  return new Machine(timeline, rightTime).clock;
}

/** A machine with one process. */
export class Machine {
  readonly #timeline: Timeline;
  readonly #rate: number;
  #offsetMs: number;
  #state: "running" | "frozen" | "dead" = "running";
  #held: (() => void)[] = [];

  constructor(timeline: Timeline, { offsetMs, rate }: ClockFault) {
    this.#timeline = timeline;
    this.#offsetMs = offsetMs;
    this.#rate = rate;
  }

  /** Whether its process is alive and not frozen. */
  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Whether its process is alive. */
  get isAlive(): boolean {
    return this.#state !== "dead";
  }

  /** The clock of the process. */
  readonly clock: Clock = {
    now: () =>
      this.#timeline.startsAt + Math.floor(this.#timeline.now * this.#rate) + this.#offsetMs,
    monotonic: () => this.#timeline.now * this.#rate,
    setTimer: (callback, delayMs, options: TimerOptions = {}) => {
      checkTimer(callback, delayMs, options);
      let isSet = true;
      const fire = () => this.reach(() => void (isSet && callback()));
      const cancel = this.#timeline.in(delayMs / this.#rate, fire);
      return () => {
        isSet = false;
        cancel();
      };
    },
  };

  /** Delivers input to the process: at once, after a freeze, or never after a kill. */
  reach(callback: () => void): void {
    if (this.#state === "running") callback();
    else if (this.#state === "frozen") this.#held.push(callback);
  }

  freeze(): void {
    if (this.#state === "running") this.#state = "frozen";
  }

  /** Resumes a frozen process, and delivers the input that has arrived in the meantime. */
  thaw(): void {
    if (this.#state !== "frozen") return;
    this.#state = "running";
    const held = this.#held;
    this.#held = [];
    for (const callback of held) this.#timeline.in(0, () => this.reach(callback));
  }

  /** Ends the process at once. No more input is delivered. */
  kill(): void {
    this.#state = "dead";
    this.#held = [];
  }

  /** Sets the wall clock, as an administrator does. */
  setClock(byMs: number): void {
    this.#offsetMs += byMs;
  }
}
