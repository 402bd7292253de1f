// Counts the tasks that ended recently, and how many of them failed. Keeps one pair of counts per
// slice of time, so the memory does not depend on the number of tasks.

import type { Clock } from "../../time/clock.ts";

interface Slice {
  readonly since: number;
  completed: number;
  failed: number;
}

const slicesPerWindow = 10;

/** Counts ended tasks over a sliding window. */
export class FailureRate {
  readonly #clock: Clock;
  readonly #windowMs: number;
  #slices: Slice[] = [];

  /** @param windowMs The length of the window, in milliseconds. */
  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /** Counts an ended task. */
  record(end: "completed" | "failed"): void {
    const now = this.#clock.monotonic();
    let slice = this.#slices.at(-1);
    if (!slice || now - slice.since >= this.#windowMs / slicesPerWindow) {
      this.#forgetBefore(now - this.#windowMs);
      slice = { since: now, completed: 0, failed: 0 };
      this.#slices.push(slice);
    }
    slice[end]++;
  }

  /** Returns the number of tasks that ended in the window, and how many of them failed. */
  count(): { readonly ended: number; readonly failed: number } {
    this.#forgetBefore(this.#clock.monotonic() - this.#windowMs);
    let ended = 0;
    let failed = 0;
    for (const slice of this.#slices) {
      ended += slice.completed + slice.failed;
      failed += slice.failed;
    }
    return { ended, failed };
  }

  #forgetBefore(instant: number): void {
    this.#slices = this.#slices.filter(({ since }) => since > instant);
  }
}
