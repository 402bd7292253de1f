// Counts the starts, ends and failures in this process by minute, type and queue, until they are
// reported.

import { fingerprintOf } from "../../thrown/fingerprint.ts";
import type { ClaimedTask } from "../../storage/records.ts";
import type { TaskStatus } from "../../storage/task_status.ts";
import type { ActivityReport, FailureReport, WorkReport } from "../../storage/work_reports.ts";
import type { Minute } from "./minute.ts";
import { RecentMinutes } from "./recent_minutes.ts";

/**
 * The maximum number of unreported figures (one per minute, type and queue) while storage does not
 * answer.
 */
const mostMinutes = 10_000;

/**
 * The maximum number of failure groups between two reports. Failures of further groups appear only
 * in the activity.
 */
const mostGroups = 100;

/** The maximum length of a group's error text, in UTF-16 code units. */
const longestExample = 4_000;

type Counted = Pick<ClaimedTask, "type" | "queue">;
type Failed = Pick<ClaimedTask, "id" | "type">;

/** The work since the last report. */
export class WorkLog {
  readonly #minutes = new RecentMinutes();
  #changed: Minute[] = [];
  #failures = new Map<string, FailureReport>();

  /**
   * Counts the start of an attempt.
   *
   * @param now The current time, by the storage's clock.
   */
  started(
    { type, queue, dueAt }: Pick<ClaimedTask, "type" | "queue" | "dueAt">,
    now: number,
  ): void {
    this.#minute(type, queue, now).started(now - dueAt);
  }

  /**
   * Counts the end of an attempt.
   *
   * @param durationMs The duration, or null if the attempt never started.
   */
  ended(task: Counted, status: TaskStatus, now: number, durationMs: number | null): void {
    this.#minute(task.type, task.queue, now).ended(status, durationMs);
  }

  /** Counts a task that was taken from a lost worker. */
  lost({ type, queue }: Counted, now: number): void {
    this.#minute(type, queue, now).lost();
  }

  /** Records a failure. */
  failed({ id, type }: Failed, exception: string, now: number): void {
    const { group, summary } = fingerprintOf(type, exception);
    const known = this.#failures.get(group);
    if (known === undefined && this.#failures.size >= mostGroups) return;
    this.#failures.set(group, {
      group,
      type,
      summary,
      count: (known?.count ?? 0) + 1,
      firstAt: Math.min(known?.firstAt ?? now, now),
      lastAt: Math.max(known?.lastAt ?? now, now),
      taskId: id,
      exception: exception.slice(0, longestExample),
    });
  }

  /** Returns the unreported work, or null if there is none. */
  take(): TakenWork | null {
    if (this.#changed.length === 0 && this.#failures.size === 0) return null;
    const minutes = this.#changed;
    const failures = [...this.#failures.values()];
    this.#changed = [];
    this.#failures = new Map();
    return {
      activity: minutes.map((minute) => minute.report()),
      failures,
      giveBack: () => this.#giveBack(minutes, failures),
    };
  }

  /** Restores work whose report failed. */
  #giveBack(minutes: readonly Minute[], failures: readonly FailureReport[]): void {
    const unreported = minutes.filter((minute) => minute.markChanged());
    const all = [...unreported, ...this.#changed];
    const dropped = all.splice(0, Math.max(0, all.length - mostMinutes));
    for (const minute of dropped) minute.unmark(); // a kept minute may still count events
    this.#changed = all;
    for (const failure of failures) {
      const later = this.#failures.get(failure.group);
      if (later === undefined && this.#failures.size >= mostGroups) continue;
      const count = failure.count + (later?.count ?? 0);
      this.#failures.set(failure.group, {
        ...later ?? failure,
        firstAt: Math.min(failure.firstAt, later?.firstAt ?? Infinity),
        lastAt: Math.max(failure.lastAt, later?.lastAt ?? -Infinity),
        count,
      });
    }
  }

  /** Returns the figures for an event, and marks them for the next report. */
  #minute(type: string, queue: string, instant: number): Minute {
    const minute = this.#minutes.at(instant, type, queue);
    if (minute.markChanged()) this.#changed.push(minute);
    return minute;
  }
}

/** Work that is being reported. */
export interface TakenWork extends Pick<WorkReport, "activity" | "failures"> {
  readonly activity: readonly ActivityReport[];
  /** Keeps the work for the next report. Called if this report has failed. */
  giveBack(): void;
}
