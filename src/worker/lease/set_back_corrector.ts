// Corrects series whose next run was planned while the storage's clock was ahead. Without the
// correction, they would run late by the time that the clock was ahead. No query can find these
// series, because only the schedule determines the next run. Therefore all series are read, page by
// page, once after the start and again after the clock was set back.

import type { EventBus } from "../../events/event_bus.ts";
import { taskEvent } from "../../events/job_events.ts";
import type { Logger } from "../../log/logger.ts";
import type { TaskRecord } from "../../storage/records.ts";
import type { SeriesCorrection } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import type { AnyTask } from "../../task/task.ts";
import type { Clock } from "../../time/clock.ts";
import { nextMacrotask } from "../../time/macrotask.ts";
import { readingErrorMs, type StorageClock } from "../../time/storage_clock.ts";
import { timesSeenFromNow } from "../attempt/series_run.ts";

/** The number of series that are read at once. */
const pageSize = 200;

/**
 * The number of checks after the clock was set back, one at each heartbeat. Until the last check, a
 * run that ends, or another worker, may still plan by the old clock.
 */
const looksAfterSetBack = 3;

/** The dependencies of a corrector. */
export interface CorrectorParts {
  readonly storage: Pick<Storage, "list" | "correctSeries">;
  readonly clock: Clock;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  readonly events: EventBus;
  readonly definitions: ReadonlyMap<string, AnyTask>;
  /**
   * The time from the start to the first check, and from a failed check to the next, in
   * milliseconds. A machine that has just started may not have set its clock yet.
   */
  readonly patienceMs: number;
  /** Called when tasks have become due earlier. */
  readonly onCorrected: () => void;
}

/** A series, and its correction. */
interface Wrong {
  readonly task: TaskRecord;
  readonly correction: SeriesCorrection;
}

/** Finds and corrects series that were planned while the clock was ahead. */
export class SetBackCorrector {
  readonly #parts: CorrectorParts;
  /**
   * The time by which the clock was ahead, in milliseconds; undefined if this worker has not seen
   * the clock set back.
   */
  #aheadMs: number | undefined;
  #looksLeft = 1;
  #nextLookAt: number;
  #looking: Promise<void> | null = null;
  #stopped = false;

  constructor(parts: CorrectorParts) {
    this.#parts = parts;
    this.#nextLookAt = parts.clock.monotonic() + parts.patienceMs;
  }

  /**
   * Notes that the storage's clock was set back by `setBackMs` milliseconds. The next heartbeats
   * check all series.
   */
  clockSetBack(setBackMs: number): void {
    this.#parts.logger.warn(
      "The storage's clock was set back. The next runs that were planned while it was ahead are computed again.",
    );
    this.#aheadMs = setBackMs;
    this.#looksLeft = looksAfterSetBack;
    this.#nextLookAt = -Infinity;
  }

  /** Checks all series after a heartbeat, if it is time. */
  onHeartbeat(): void {
    const isTime = this.#looksLeft > 0 && this.#parts.clock.monotonic() >= this.#nextLookAt;
    if (!isTime || this.#looking !== null || this.#stopped) return;
    this.#looksLeft--;
    this.#looking = this.#look().catch((error) => {
      this.#looksLeft = Math.max(this.#looksLeft, 1);
      this.#nextLookAt = this.#parts.clock.monotonic() + this.#parts.patienceMs;
      this.#parts.logger.warn(
        "Looking for runs that were planned by a clock that was ahead failed; the worker tries again later: {error}",
        { error },
      );
    }).finally(() => this.#looking = null);
  }

  /** Starts no further checks. Resolves when none is in progress. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
  }

  async #look(): Promise<void> {
    let after: string | null | undefined;
    while (after !== null && !this.#stopped) {
      const request = after === undefined ? { limit: pageSize } : { limit: pageSize, after };
      const page = await this.#parts.storage.list({ recurring: true }, request);
      await this.#correct(page.items);
      after = page.next;
      await new Promise<void>(nextMacrotask); // a storage that answers at once must not block the event loop
    }
  }

  async #correct(series: readonly TaskRecord[]): Promise<void> {
    const now = this.#parts.storageClock.now();
    const wrong = series.map((task) => wrongAt(task, now, this.#aheadMs)).filter((found) =>
      found !== null
    );
    if (wrong.length === 0) return;
    const { storage, onCorrected } = this.#parts;
    const results = await storage.correctSeries(wrong.map(({ correction }) => correction));
    const corrected = wrong.filter((_, index) => results[index]);
    if (corrected.length === 0) return;
    onCorrected();
    for (const each of corrected) this.#tell(each, now);
  }

  #tell({ task, correction }: Wrong, now: number): void {
    const { logger, events, definitions } = this.#parts;
    const plannedUtc = new Date(task.dueAt!).toISOString();
    const nextRunUtc = new Date(correction.dueAt).toISOString();
    logger.warn(
      "Series {taskId} ({taskType}) was planned for {plannedUtc} by a clock that was ahead; its next run: {nextRunUtc}",
      { taskId: task.id, taskType: task.type, plannedUtc, nextRunUtc },
    );
    if (!events.wants("recurringScheduled", task.type)) return;
    const message = `Task with id ${task.id} was planned for ${plannedUtc} by a clock that was ` +
      `ahead; its next run is brought back to ${nextRunUtc}.`;
    const definition = definitions.get(task.type);
    events.emit(
      taskEvent("recurringScheduled", now, task, definition, { message, nextRunUtc }),
    );
  }
}

/**
 * Returns the correction of a series, or null if it needs none. A series that a worker holds needs
 * none: the worker plans its next run.
 */
function wrongAt(task: TaskRecord, now: number, aheadMs: number | undefined): Wrong | null {
  const { id: taskId, series, dueAt } = task;
  if (series === null || series.nextRunAt === null || dueAt === null) return null;
  const { nextRunAt: plannedAt, anchorAt } = series;
  const times = timesSeenFromNow(series, now, aheadMs);
  const right = times ?? { nextRunAt: plannedAt, anchorAt };
  const latestDueAt = Math.min(attemptAt(task, now), times?.nextRunAt ?? Infinity);
  if (times === null && latestDueAt >= dueAt) return null;
  const correction = { taskId, plannedAt, ...right, dueAt: Math.min(dueAt, latestDueAt) };
  return { task, correction };
}

/**
 * Returns the latest instant at which the next attempt should begin. A run that was due at once
 * should begin now. A run that waits for a retry, and whose last attempt ended in the future, keeps
 * its delay, counted from now.
 */
function attemptAt({ status, dueAt, lastExecutionAt }: TaskRecord, now: number): number {
  const latestNow = now + readingErrorMs;
  if (dueAt === null || dueAt <= latestNow) return Infinity;
  if (status === "Queued" || status === "ServiceStopped") return now;
  if (status !== "Pending" || lastExecutionAt === null) return Infinity;
  return latestNow < lastExecutionAt && lastExecutionAt <= dueAt
    ? now + (dueAt - lastExecutionAt)
    : Infinity;
}
