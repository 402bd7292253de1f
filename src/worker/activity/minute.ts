// Counts the events of one type and queue in one minute. Every attempt is counted, so an event may
// cost only a few additions.

import type { TaskStatus } from "../../storage/task_status.ts";
import {
  activityColumns,
  activityCounters,
  type ActivityReport,
  bucketOf,
} from "../../storage/work_reports.ts";

const run = activityColumns.indexOf("run_ms");
const wait = activityColumns.indexOf("wait_ms");
const started = activityCounters.indexOf("started");
const lost = activityCounters.indexOf("lost");

/** The counter of each status in which an attempt ends. Other statuses are not counted. */
const counterOf: Partial<Record<TaskStatus, number>> = {
  Completed: activityCounters.indexOf("completed"),
  Failed: activityCounters.indexOf("failed"),
  Cancelled: activityCounters.indexOf("cancelled"),
  Pending: activityCounters.indexOf("retried"),
};

/** The figures of one minute. */
export class Minute {
  readonly #at: number;
  readonly #type: string;
  readonly #queue: string;
  readonly #figures: number[] = activityColumns.map(() => 0);
  #isChanged = false;

  /** @param at The beginning of the minute, by the storage's clock. */
  constructor(at: number, type: string, queue: string) {
    this.#at = at;
    this.#type = type;
    this.#queue = queue;
  }

  started(waitMs: number): void {
    this.#figures[started]!++;
    this.#addDuration(wait, Math.max(0, waitMs));
  }

  ended(status: TaskStatus, durationMs: number | null): void {
    const counter = counterOf[status];
    if (counter === undefined) return;
    this.#figures[counter]!++;
    if (durationMs !== null) this.#addDuration(run, durationMs);
  }

  lost(): void {
    this.#figures[lost]!++;
  }

  /** Marks the minute for the next report. Returns false if it was already marked. */
  markChanged(): boolean {
    if (this.#isChanged) return false;
    return this.#isChanged = true;
  }

  /** Removes the mark. */
  unmark(): void {
    this.#isChanged = false;
  }

  /** Returns the figures so far, and removes the mark. */
  report(): ActivityReport {
    this.unmark();
    return { at: this.#at, type: this.#type, queue: this.#queue, figures: [...this.#figures] };
  }

  /** Adds a duration to the sum, the maximum and the histogram that begin at a column. */
  #addDuration(first: number, ms: number): void {
    const figures = this.#figures;
    figures[first]! += ms;
    if (ms > figures[first + 1]!) figures[first + 1] = ms;
    figures[first + 2 + bucketOf(ms)]!++;
  }
}
