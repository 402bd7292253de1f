// The status changes of a job that are not yet stored. The executor and the recorder add them. Only
// the status writer removes them.

import type { StatusTransition } from "../../storage/requests.ts";
import type { TaskStatus } from "../../storage/task_status.ts";

/** A status change with the reading of the monotonic clock when it happened. */
export interface TimedTransition extends StatusTransition {
  readonly at: number;
  /** Set when the transition is passed to storage. */
  agoMs: number;
}

/** The transitions of one job that are not yet written. */
export class UnwrittenTransitions {
  #waiting: TimedTransition[] = [];
  #storedAt = -Infinity;

  /** The transitions, in the order in which they happened. */
  get waiting(): readonly TimedTransition[] {
    return this.#waiting;
  }

  /** The time of storage's answer to the last write of the job, by the monotonic clock. */
  get storedAt(): number {
    return this.#storedAt;
  }

  /** Adds a status change that happened at `at`, by the monotonic clock. */
  add(status: TaskStatus, exception: string | null, at: number): void {
    this.#waiting.push({ status, exception, at, agoMs: 0 });
  }

  /** Removes and returns all transitions, for a write. */
  take(): readonly TimedTransition[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Notes the time of storage's answer to a write of the job. */
  answered(now: number): void {
    this.#storedAt = now;
  }
}
