// The status changes of a job that storage does not know yet. The executor and the recorder add
// them as they happen; the status writer alone takes them out.

import type { TaskStatus } from "../../storage/task_status.ts";

/** A status change with the reading of the monotonic clock when it happened. */
export interface TimedTransition {
  readonly status: TaskStatus;
  readonly exception: string | null;
  readonly at: number;
}

/** The transitions of one job that are still to be written. */
export class UnwrittenTransitions {
  #waiting: TimedTransition[] = [];
  #storedAt = -Infinity;

  /** In the order in which they happened. */
  get waiting(): readonly TimedTransition[] {
    return this.#waiting;
  }

  /** When storage's answer to the last write about the job came, by the monotonic clock. */
  get storedAt(): number {
    return this.#storedAt;
  }

  /** Notes a status change that happened at a reading of the monotonic clock. */
  add(status: TaskStatus, exception: string | null, at: number): void {
    this.#waiting.push({ status, exception, at });
  }

  /** Takes all of them out: a write carries them. */
  take(): readonly TimedTransition[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Storage has answered a write about the job. */
  answered(now: number): void {
    this.#storedAt = now;
  }
}
