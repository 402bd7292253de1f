// Counts what this process does, by minute, type and queue, and its failures, until they are
// reported.

import { fingerprintOf } from "../../thrown/fingerprint.ts";
import type { ClaimedTask } from "../../storage/records.ts";
import type { TaskStatus } from "../../storage/task_status.ts";
import type { ActivityReport, FailureReport, WorkReport } from "../../storage/work_reports.ts";
import { Minute } from "./minute.ts";

const minuteMs = 60_000;

/** How many minutes of types and queues are kept while storage does not answer. */
const mostMinutes = 10_000;

/** How many groups of failures are kept between two reports. The others are only counted. */
const mostGroups = 100;

/** How much of an error's text a group shows, in UTF-16 code units. */
const longestExample = 4_000;

type Counted = Pick<ClaimedTask, "type" | "queue">;
type Failed = Pick<ClaimedTask, "id" | "type">;

/** The work since the last report. */
export class WorkLog {
  /** The present minute by queue and type. */
  readonly #present = new Map<string, Map<string, Minute>>();
  #presentAt = 0;
  #changed: Minute[] = [];
  #failures = new Map<string, FailureReport>();

  /**
   * Counts the start of an attempt.
   *
   * @param now The present, by the storage's clock.
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
   * @param durationMs How long it took; null if it never began.
   */
  ended(task: Counted, status: TaskStatus, now: number, durationMs: number | null): void {
    this.#minute(task.type, task.queue, now).ended(status, durationMs);
  }

  /** Counts a task that was taken from a lost worker. */
  lost({ type, queue }: Counted, now: number): void {
    this.#minute(type, queue, now).lost();
  }

  /** Notes how a task failed. */
  failed({ id, type }: Failed, exception: string, now: number): void {
    const { group, summary } = fingerprintOf(type, exception);
    const known = this.#failures.get(group);
    if (known === undefined && this.#failures.size >= mostGroups) return;
    this.#failures.set(group, {
      group,
      type,
      summary,
      count: (known?.count ?? 0) + 1,
      firstAt: known?.firstAt ?? now,
      lastAt: now,
      taskId: id,
      exception: exception.slice(0, longestExample),
    });
  }

  /** Takes what is to be reported; null if nothing has happened. */
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

  /** Takes back what was not reported. */
  #giveBack(minutes: readonly Minute[], failures: readonly FailureReport[]): void {
    const unreported = minutes.filter((minute) => minute.markChanged());
    this.#changed = [...unreported, ...this.#changed].slice(-mostMinutes);
    for (const failure of failures) {
      const later = this.#failures.get(failure.group);
      if (later === undefined && this.#failures.size >= mostGroups) continue;
      const count = failure.count + (later?.count ?? 0);
      this.#failures.set(failure.group, {
        ...later ?? failure,
        firstAt: failure.firstAt,
        count,
      });
    }
  }

  /** The figures of a type and queue in the present minute, which will be reported. */
  #minute(type: string, queue: string, now: number): Minute {
    const at = now - now % minuteMs;
    if (at !== this.#presentAt) {
      this.#presentAt = at;
      this.#present.clear();
    }
    let types = this.#present.get(queue);
    if (types === undefined) this.#present.set(queue, types = new Map());
    let minute = types.get(type);
    if (minute === undefined) types.set(type, minute = new Minute(at, type, queue));
    if (minute.markChanged()) this.#changed.push(minute);
    return minute;
  }
}

/** Work that is being reported. */
export interface TakenWork extends Pick<WorkReport, "activity" | "failures"> {
  readonly activity: readonly ActivityReport[];
  /** Keeps it for the next report, since this one failed. */
  giveBack(): void;
}
