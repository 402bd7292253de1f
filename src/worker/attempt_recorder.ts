// Records how attempts end: hands the ending to the status writer, and tells the world (events, hooks) once it is stored.

import { type EventDetails, taskEvent } from "../events/job_events.ts";
import type { EventBus } from "../events/event_bus.ts";
import type { TaskEventKind } from "../events/task_event.ts";
import type { Logger } from "../log/logger.ts";
import type { ClaimedTask } from "../storage/records.ts";
import type { Storage } from "../storage/storage.ts";
import type { NextRun } from "../schedule/series.ts";
import type { TaskContext } from "../task.ts";
import type { Clock } from "../time/clock.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import { LeaseLostError } from "./abort_reasons.ts";
import type { Ending } from "./ending.ts";
import type { Job } from "./job.ts";
import type { LogKeeper } from "./log_keeper.ts";
import { nextAfterRun, planOccurrence } from "./series_run.ts";
import type { AttemptEnd, StatusWriter } from "./status_writer.ts";

/** What a recorder works with. */
export interface RecorderParts {
  readonly storage: Storage;
  readonly writer: StatusWriter;
  /** A task is no longer ours, though no write of ours has ended it. */
  readonly onHandedIn: (task: ClaimedTask) => void;
  readonly clock: Clock;
  readonly storageClock: StorageClock;
  readonly events: EventBus;
  readonly logger: Logger;
  readonly logKeeper: LogKeeper;
  /** A task of ours becomes due again at this instant of the storage's clock. */
  readonly expectDue: (at: number) => void;
}

/** Records the ends of attempts. */
export class AttemptRecorder {
  readonly #parts: RecorderParts;
  readonly #background = new Set<Promise<void>>();

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Resolves when all hooks that were called have ended. */
  async idle(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /** Tells that an attempt has started. */
  started(job: Job): void {
    if (!this.#parts.events.wants("started", job.task.type)) return;
    const waitMs = Math.max(0, this.#parts.storageClock.at(job.startedAt) - job.task.dueAt);
    this.emit("started", job, { waitMs });
  }

  /** Writes that a job is in progress. */
  report(job: Job): void {
    this.#parts.writer.report(job, (applied) => {
      if (!applied && job.phase === "running" && !job.completedByHandler) {
        job.abort(new LeaseLostError(job.task.id));
      }
    });
  }

  /**
   * Writes that a job is in progress, and resolves when storage knows: should the handler end the process, then storage can
   * tell this task from those that waited beside it.
   *
   * @throws The reason why the job is to stop, if it is asked to before.
   */
  reportFirst(job: Job): Promise<void> {
    job.reported = true;
    return new Promise((resolve, reject) => {
      job.signal.addEventListener("abort", () => reject(job.abortReason), { once: true });
      this.#parts.writer.report(job, (applied) => {
        if (applied) resolve();
        else job.abort(new LeaseLostError(job.task.id));
      });
    });
  }

  /** Writes how an attempt ended. `error` is what the hooks are told. */
  record(job: Job, ending: Ending, context: TaskContext, error: unknown): void {
    const { writer, clock, storageClock } = this.#parts;
    const now = clock.monotonic();
    const executionTimeMs = now - job.startedAt;
    job.step(ending.status, ending.exception, now);
    const next = this.#nextRun(job, ending, storageClock.at(now));
    const end: AttemptEnd = next === null
      ? { kind: "change", change: { ...dueAgain(ending), executionTimeMs } }
      : { kind: "run", run: { executionTimeMs, nextRunAt: next.nextRunAt } };
    writer.end(job, end, (applied) => {
      if (applied) this.#tell(job, ending, next, executionTimeMs, context, error);
      else this.emit("leaseLost", job);
    });
  }

  /** Moves a series on past an occurrence that does not run. */
  skipOccurrence(job: Job, next: NextRun): void {
    job.phase = "ended";
    const status = next.nextRunAt === null ? "Completed" : "WaitingQueue";
    job.step(status, null, this.#parts.clock.monotonic());
    const run = { executionTimeMs: 0, nextRunAt: next.nextRunAt, counts: false };
    this.#parts.writer.end(job, { kind: "run", run }, (applied) => {
      if (applied) this.#tellNextRun(job, next);
    });
  }

  /** Sends a job away until its rate limit slot. */
  defer(job: Job, slotAt: number, waitMs: number): void {
    const status = job.task.status === "Pending" ? "Pending" : "WaitingQueue";
    const end = { dueInMs: waitMs, returnAttempt: true, rateSlotAt: slotAt };
    this.recordUnstarted(job, { status, exception: null }, end);
  }

  /** Moves a series on past an occurrence that its rate limit has rejected. */
  skipRejected(job: Job): void {
    const { storageClock } = this.#parts;
    const now = storageClock.now();
    const series = job.task.series!;
    const plan = planOccurrence(job.task, series, now, storageClock.at(job.servedSince));
    if (plan.kind === "postpone") return this.postpone(job, plan.reason, plan.dueInMs);
    if (plan.kind === "skip") return this.skipOccurrence(job, plan.next);
    const next = nextAfterRun(series, plan.scheduledAt, now, false);
    this.skipOccurrence(job, { ...next, skipped: plan.skipped + next.skipped });
  }

  /** Puts a run off that this process does not know how to plan. */
  postpone(job: Job, reason: string, dueInMs: number): void {
    this.#parts.logger.error("A run of series {taskId} ({type}) was put off: {reason}", {
      taskId: job.task.id,
      type: job.task.type,
      reason,
    });
    const ending = { status: "Failed", exception: reason } as const;
    this.recordUnstarted(job, ending, { dueInMs, returnAttempt: true });
  }

  /** Writes a change of a job that has not run: it is cancelled, or waits until later. */
  recordUnstarted(
    job: Job,
    ending: Ending,
    end: (AttemptEnd & { kind: "change" })["change"],
  ): void {
    job.phase = "ended";
    job.step(ending.status, ending.exception, this.#parts.clock.monotonic());
    const isSeriesEnd = job.task.series !== null && ending.status === "Cancelled";
    const attemptEnd: AttemptEnd = isSeriesEnd
      ? { kind: "run", run: { executionTimeMs: 0, nextRunAt: null, counts: false } }
      : { kind: "change", change: end };
    this.#parts.writer.end(job, attemptEnd, (applied) => {
      if (!applied) return this.emit("leaseLost", job);
      if (end.dueInMs !== undefined) this.#expectDueIn(end.dueInMs);
      if (ending.status === "Cancelled") this.emit("cancelled", job);
      if (ending.status === "Failed") this.emit("failed", job, { exception: ending.exception });
    });
  }

  /**
   * Completes a job inside a transaction of its handler's.
   *
   * @throws {LeaseLostError} If the lease is no longer held.
   */
  async complete(job: Job, connection: unknown): Promise<void> {
    const { storage, clock, storageClock } = this.#parts;
    if (job.phase === "ended") throw new LeaseLostError(job.task.id);
    const now = clock.monotonic();
    const completed = { status: "Completed", exception: null, agoMs: 0 } as const;
    const steps = job.steps.map(({ at, ...step }) => ({ ...step, agoMs: now - at }));
    const change = {
      taskId: job.task.id,
      auditLevel: job.task.auditLevel,
      steps: [...steps, completed],
      lease: job.lease,
      executionTimeMs: now - job.startedAt,
    };
    job.reported = true; // a report of ours would wait for the row that the transaction locks
    const next = this.#nextRun(job, completed, storageClock.at(now));
    const [result] = next === null
      ? await storage.setStatusMany([change], { connection })
      : await storage.updateCurrentRunMany([{ ...change, nextRunAt: next.nextRunAt }], {
        connection,
      });
    if (!result!.applied) throw new LeaseLostError(job.task.id);
    job.completedByHandler = { next };
  }

  /** Whether a completion inside the handler's transaction was committed. */
  async wasCompleted(job: Job): Promise<boolean> {
    const record = await this.#parts.storage.get(job.task.id);
    return record === null || record.workerId !== job.lease.workerId ||
      record.leaseToken !== job.lease.token;
  }

  /** Tells of a completion that the handler has committed itself. */
  tellCompleted(job: Job, context: TaskContext): void {
    this.#parts.onHandedIn(job.task);
    const now = this.#parts.clock.monotonic();
    const ending: Ending = { status: "Completed", exception: null };
    const next = job.completedByHandler?.next ?? null;
    this.#tell(job, ending, next, now - job.startedAt, context, undefined);
  }

  /** Emits an event about a job, if anybody wants it. */
  emit(kind: TaskEventKind, job: Job, details: EventDetails = {}): void {
    const { events, storageClock } = this.#parts;
    const { task, definition, lease: { workerId } } = job;
    if (!events.wants(kind, task.type)) return;
    const event = taskEvent(kind, storageClock.now(), task, definition, { workerId, ...details });
    events.emit(event);
  }

  /** Calls a hook; what it throws is logged and changes nothing. */
  callHook(name: string, job: Job, hook: () => void | Promise<void>): Promise<void> {
    const call = (async () => {
      try {
        await hook();
      } catch (error) {
        this.#parts.logger.error("The hook {hook} of task {taskId} ({type}) failed: {error}", {
          hook: name,
          taskId: job.task.id,
          type: job.task.type,
          error,
        });
      }
      // What the handler logged is kept when it ends; a hook that comes later may have added to it.
      if (job.phase === "ended") this.#parts.logKeeper.keep(job);
    })();
    this.#background.add(call);
    return call.finally(() => this.#background.delete(call));
  }

  /** The next run, when the ending ends an occurrence of a series; null otherwise. */
  #nextRun(job: Job, ending: Ending, now: number): NextRun | null {
    const { series } = job.task;
    if (series === null || ending.dueInMs !== undefined) return null;
    if (ending.status === "Cancelled" || job.cancelled) return { nextRunAt: null, skipped: 0 };
    const next = nextAfterRun(series, job.scheduledAt, now, true);
    return { ...next, skipped: job.skipped + next.skipped };
  }

  #tell(
    job: Job,
    ending: Ending,
    next: NextRun | null,
    durationMs: number,
    context: TaskContext,
    error: unknown,
  ): void {
    const { definition } = job;
    const details = { durationMs, exception: ending.exception };
    switch (ending.status) {
      case "Completed":
        this.emit("completed", job, details);
        if (definition.onCompleted) {
          void this.callHook("onCompleted", job, () => definition.onCompleted!(context));
        }
        break;
      case "Failed":
        this.emit("failed", job, details);
        if (definition.onError) {
          void this.callHook("onError", job, () => definition.onError!(context, error));
        }
        break;
      case "Cancelled":
        this.emit("cancelled", job, details);
        break;
      case "Pending":
        this.emit("retrying", job, details);
        break;
      default:
        break;
    }
    if (ending.dueInMs !== undefined) this.#expectDueIn(ending.dueInMs);
    if (next !== null) this.#tellNextRun(job, next);
  }

  #tellNextRun(job: Job, { nextRunAt, skipped }: NextRun): void {
    const nextRunUtc = nextRunAt === null ? null : new Date(nextRunAt).toISOString();
    if (skipped > 0) {
      this.#parts.logger.info(
        "Series {taskId} ({type}) skipped {count} missed occurrences; its next run: {nextRunUtc}",
        { taskId: job.task.id, type: job.task.type, count: skipped, nextRunUtc },
      );
      const occurrences = skipped === 1 ? "an occurrence" : `${skipped} occurrences`;
      const message = `Task with id ${job.task.id} missed ${occurrences}.`;
      this.emit("missed", job, { message, nextRunUtc, count: skipped });
    }
    if (nextRunAt === null) return;
    this.#parts.expectDue(nextRunAt);
    this.emit("recurringScheduled", job, { nextRunUtc, count: skipped });
  }

  #expectDueIn(dueInMs: number): void {
    this.#parts.expectDue(this.#parts.storageClock.now() + dueInMs);
  }
}

/** Nearly every attempt is the last one. */
const notDueAgain: Pick<Ending, "dueInMs" | "returnAttempt"> = {};

function dueAgain({ dueInMs, returnAttempt }: Ending): Pick<Ending, "dueInMs" | "returnAttempt"> {
  if (dueInMs === undefined && returnAttempt === undefined) return notDueAgain;
  return {
    ...(dueInMs === undefined ? {} : { dueInMs }),
    ...(returnAttempt === undefined ? {} : { returnAttempt }),
  };
}
