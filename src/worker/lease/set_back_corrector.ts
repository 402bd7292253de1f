// Brings series back whose next run was planned while the storage's clock was ahead: left alone,
// they would wait for as long as it was. Nobody can ask storage for them, since only their
// schedules tell; so all series are read, a page at a time. That is done once after the start, and
// when the clock is seen to be set back.

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

/** How many series are read at once. */
const pageSize = 200;

/**
 * How often all series are looked at after the clock was set back, with a heartbeat each: a run
 * that ends meanwhile, or another worker that has not noticed yet, may still plan by the clock that
 * was ahead.
 */
const looksAfterSetBack = 3;

/** What a corrector works with. */
export interface CorrectorParts {
  readonly storage: Pick<Storage, "list" | "correctSeries">;
  readonly clock: Clock;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  readonly events: EventBus;
  readonly definitions: ReadonlyMap<string, AnyTask>;
  /**
   * How long after the start the first look is taken, and how long after one that failed the next,
   * in milliseconds: a machine that has just been started may not have set its clock yet.
   */
  readonly patienceMs: number;
  /** Series or tasks become due sooner than they were to be. */
  readonly onCorrected: () => void;
}

/** A series as it is, and as it should be. */
interface Wrong {
  readonly task: TaskRecord;
  readonly correction: SeriesCorrection;
}

/** Looks for such series and tasks, and corrects them. */
export class SetBackCorrector {
  readonly #parts: CorrectorParts;
  /** By how much the clock was ahead; undefined: this worker has not seen it. */
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
   * The storage's clock was set back by `setBackMs` milliseconds: the next heartbeats look for
   * series that are wrong now.
   */
  clockSetBack(setBackMs: number): void {
    this.#parts.logger.warn(
      "The storage's clock was set back. Series that were planned meanwhile are brought back to what their schedules say.",
    );
    this.#aheadMs = setBackMs;
    this.#looksLeft = looksAfterSetBack;
    this.#nextLookAt = -Infinity;
  }

  /** A heartbeat was answered: looks, if it is time to. */
  onHeartbeat(): void {
    const isTime = this.#looksLeft > 0 && this.#parts.clock.monotonic() >= this.#nextLookAt;
    if (!isTime || this.#looking !== null || this.#stopped) return;
    this.#looksLeft--;
    this.#looking = this.#look().catch((error) => {
      this.#looksLeft = Math.max(this.#looksLeft, 1);
      this.#nextLookAt = this.#parts.clock.monotonic() + this.#parts.patienceMs;
      this.#parts.logger.warn(
        "Looking for what was planned by a clock that was ahead failed; it is tried again later: {error}",
        { error },
      );
    }).finally(() => this.#looking = null);
  }

  /** Resolves when no look is under way; none begins any more. */
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
 * What is wrong with a series; null: nothing, or it is held, and the worker that holds it plans
 * what follows.
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
 * When a run that was to begin, or to go on, at once may do so: now. When one that waits for its
 * next attempt may have it, if the last attempt has ended in the future: as long after now as it
 * was to be after that end.
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
