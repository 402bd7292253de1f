// Records the ends of attempts: passes them to the status writer, and reports them once they are
// stored.

import type { Logger } from "../../log/logger.ts";
import type { ClaimedTask } from "../../storage/records.ts";
import type { Storage } from "../../storage/storage.ts";
import type { NextRun } from "../../schedule/series.ts";
import type { TaskContext } from "../../task/task.ts";
import type { Clock } from "../../time/clock.ts";
import type { StorageClock } from "../../time/storage_clock.ts";
import { LeaseLostError } from "../../task/abort_reasons.ts";
import type { AttemptEvents } from "./attempt_events.ts";
import type { Ending } from "./ending.ts";
import type { Job } from "../job.ts";
import { nextAfterRun, planOccurrence } from "./series_run.ts";
import type { AttemptEnd, StatusWriter } from "./status_writer.ts";
import { transitionsByAge } from "./transition_ages.ts";
import type { TimedTransition } from "./unwritten_transitions.ts";

/** The dependencies of a recorder. */
export interface RecorderParts {
  readonly storage: Storage;
  readonly writer: StatusWriter;
  /**
   * Called when a task no longer belongs to this worker, other than by the write of its end: its
   * handler has completed it in its own transaction, or its lease was lost.
   */
  readonly onHandedIn: (task: ClaimedTask) => void;
  readonly clock: Clock;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  readonly attemptEvents: AttemptEvents;
  /** Called with the instant at which a task will be due again, by the storage's clock. */
  readonly expectDue: (at: number) => void;
}

/** Records the ends of attempts. */
export class AttemptRecorder {
  readonly #parts: RecorderParts;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Writes that a job is in progress. */
  report(job: Job): void {
    this.#parts.writer.report(job, (applied) => {
      if (!applied && job.attempt.phase === "running" && !job.attempt.completion) {
        job.attempt.abort(new LeaseLostError(job.task.id));
      }
    });
  }

  /**
   * Writes that a job is in progress, and resolves when that is stored. If the handler crashes the
   * process, storage can then tell this task from tasks that were only waiting.
   *
   * @throws The abort reason, if the job is aborted before its report is stored.
   */
  reportFirst(job: Job): Promise<void> {
    job.attempt.markReported();
    return new Promise((resolve, reject) => {
      job.attempt.signal.addEventListener("abort", () => reject(job.attempt.abortReason), {
        once: true,
      });
      this.#parts.writer.report(job, (applied) => {
        if (applied) resolve();
        else job.attempt.abort(new LeaseLostError(job.task.id));
      });
    });
  }

  /**
   * Writes how an attempt ended.
   *
   * @param error The argument of the hooks.
   * @param now The reading of the monotonic clock at the end of the attempt.
   */
  record(job: Job, ending: Ending, context: TaskContext, error: unknown, now: number): void {
    const { writer, storageClock } = this.#parts;
    const executionTimeMs = now - job.attempt.startedAt;
    job.unwritten.add(ending.status, ending.exception, now);
    const next = this.#nextRun(job, ending, storageClock.at(now));
    const end: AttemptEnd = next === null
      ? { kind: "change", change: { ...dueAgain(ending), executionTimeMs } }
      : { kind: "run", run: { executionTimeMs, nextRunAt: next.nextRunAt } };
    writer.end(job, end, (applied) => {
      if (applied) this.#tell(job, ending, next, executionTimeMs, context, error);
      else this.#parts.attemptEvents.emit("leaseLost", job);
    });
  }

  /** Ends an occurrence of a series that does not run, and stores the next run. */
  skipOccurrence(job: Job, next: NextRun): void {
    job.attempt.end();
    const status = next.nextRunAt === null ? "Completed" : "WaitingQueue";
    job.unwritten.add(status, null, this.#parts.clock.monotonic());
    const run = { executionTimeMs: 0, nextRunAt: next.nextRunAt, counts: false };
    this.#parts.writer.end(job, { kind: "run", run }, (applied) => {
      if (applied) this.#tellNextRun(job, next);
    });
  }

  /** Returns a job to storage until its rate limit slot. */
  defer(job: Job, slotAt: number, waitMs: number): void {
    const status = job.task.status === "Pending" ? "Pending" : "WaitingQueue";
    const end = { dueInMs: waitMs, returnAttempt: true, rateSlotAt: slotAt };
    this.recordUnstarted(job, { status, exception: null }, end);
  }

  /**
   * Ends an occurrence that the rate limit does not let run, and stores the next run.
   *
   * @param missed Whether to report it as a missed occurrence.
   */
  skipLimited(job: Job, missed: boolean): void {
    const { storageClock } = this.#parts;
    const now = storageClock.now();
    const series = job.task.series!;
    const plan = planOccurrence(job.task, series, now, storageClock.at(job.servedSince));
    if (plan.kind === "postpone") return this.postpone(job, plan.reason, plan.dueInMs);
    if (plan.kind === "skip") return this.skipOccurrence(job, plan.next);
    const next = nextAfterRun(series, plan.scheduledAt, now, false);
    const skipped = plan.skipped + next.skipped + (missed ? 1 : 0);
    this.skipOccurrence(job, { ...next, skipped });
  }

  /** Postpones a run whose schedule this process cannot read. */
  postpone(job: Job, reason: string, dueInMs: number): void {
    this.#parts.logger.error("A run of series {taskId} ({taskType}) was postponed: {reason}", {
      taskId: job.task.id,
      taskType: job.task.type,
      reason,
    });
    const ending = { status: "Failed", exception: reason } as const;
    this.recordUnstarted(job, ending, { dueInMs, returnAttempt: true });
  }

  /** Fails a task permanently, because its row in storage is unusable. A series ends. */
  setAside(job: Job, reason: string): void {
    const { id: taskId, type } = job.task;
    this.#parts.logger.error("Task {taskId} ({type}) is set aside as failed: {reason}", {
      taskId,
      type,
      reason,
    });
    const exception = `The task did not run: ${reason}`;
    this.recordUnstarted(job, { status: "Failed", exception }, {});
  }

  /** Writes a change of a job that was cancelled, is unusable or must wait, and did not run. */
  recordUnstarted(
    job: Job,
    ending: Ending,
    end: (AttemptEnd & { kind: "change" })["change"],
  ): void {
    job.attempt.end();
    job.unwritten.add(ending.status, ending.exception, this.#parts.clock.monotonic());
    const isSeriesEnd = job.task.series !== null && end.dueInMs === undefined;
    const attemptEnd: AttemptEnd = isSeriesEnd
      ? { kind: "run", run: { executionTimeMs: 0, nextRunAt: null, counts: false } }
      : { kind: "change", change: end };
    this.#parts.writer.end(job, attemptEnd, (applied) => {
      if (!applied) return this.#parts.attemptEvents.emit("leaseLost", job);
      if (end.dueInMs !== undefined) this.#expectDueIn(end.dueInMs);
      this.#parts.attemptEvents.endedUnstarted(job, ending);
    });
  }

  /**
   * Completes a job in a transaction of its handler.
   *
   * @throws {LeaseLostError} If the lease is no longer held.
   */
  async complete(job: Job, connection: unknown): Promise<void> {
    const { storage, writer, clock, storageClock } = this.#parts;
    job.attempt.markReported(); // a report would wait for the row that the transaction locks
    const reported = writer.withdrawReport(job);
    if (reported !== null) await this.#reportIn(job, reported, connection);
    if (job.attempt.phase === "ended") throw new LeaseLostError(job.task.id);
    const now = clock.monotonic();
    const completed = { status: "Completed", exception: null, agoMs: 0 } as const;
    const change = {
      taskId: job.task.id,
      auditLevel: job.task.auditLevel,
      transitions: [...transitionsByAge(job.unwritten, job.unwritten.waiting, now), completed],
      lease: job.lease,
      executionTimeMs: now - job.attempt.startedAt,
    };
    const next = this.#nextRun(job, completed, storageClock.at(now));
    const [result] = next === null
      ? await storage.setStatusMany([change], { connection })
      : await storage.updateCurrentRunMany([{ ...change, nextRunAt: next.nextRunAt }], {
        connection,
      });
    if (!result!.applied) throw new LeaseLostError(job.task.id);
    job.attempt.complete(next);
  }

  /**
   * Writes that a job is in progress in a transaction of its handler. The report that is being
   * written may wait for that transaction; storage applies only the first of both.
   *
   * @throws {LeaseLostError} If the lease is no longer held.
   */
  async #reportIn(
    job: Job,
    reported: readonly TimedTransition[],
    connection: unknown,
  ): Promise<void> {
    const { storage, clock } = this.#parts;
    const { task: { id: taskId, auditLevel }, lease, unwritten } = job;
    const copies = reported.map((transition) => ({ ...transition })); // the report has its own ages
    const transitions = transitionsByAge(unwritten, copies, clock.monotonic());
    const report = { taskId, auditLevel, transitions, lease };
    const [result] = await storage.setStatusMany([report], { connection });
    if (!result!.applied) throw new LeaseLostError(taskId);
    unwritten.answered(clock.monotonic());
  }

  /** Reports whether a completion in the handler's transaction was committed. */
  async wasCompleted({ task, lease, attempt }: Job): Promise<boolean> {
    const record = await this.#parts.storage.get(task.id);
    const isLost = attempt.abortReason instanceof LeaseLostError;
    if (record === null) return !isLost;
    const isHeld = record.workerId === lease.workerId && record.leaseToken === lease.token;
    if (!isLost) return !isHeld;
    // The task may also have been taken from this worker.
    if (record.workerId !== null || record.leaseToken !== lease.token) return false;
    return task.series === null
      ? record.status === "Completed"
      : (record.series?.runCount ?? 0) > task.series.runCount;
  }

  /** Forgets a task that no longer belongs to this worker. */
  forget({ task }: Job): void {
    this.#parts.onHandedIn(task);
  }

  /** Reports a completion that the handler has committed. */
  tellCompleted(job: Job, context: TaskContext): void {
    this.#parts.onHandedIn(job.task);
    const now = this.#parts.clock.monotonic();
    const ending: Ending = { status: "Completed", exception: null };
    const next = job.attempt.completion?.next ?? null;
    this.#tell(job, ending, next, now - job.attempt.startedAt, context, undefined);
  }

  /** Returns the next run if the ending ends an occurrence of a series; null otherwise. */
  #nextRun(job: Job, ending: Ending, now: number): NextRun | null {
    const { series } = job.task;
    if (series === null || ending.dueInMs !== undefined) return null;
    if (ending.status === "Cancelled" || job.attempt.isCancelled) {
      return { nextRunAt: null, skipped: 0 };
    }
    const { scheduledAt, skipped } = job.attempt.occurrence!;
    const next = nextAfterRun(series, scheduledAt, now, true);
    return { ...next, skipped: skipped + next.skipped };
  }

  /** Reports the end of an attempt, and the instant at which the task is due again. */
  #tell(
    job: Job,
    ending: Ending,
    next: NextRun | null,
    durationMs: number,
    context: TaskContext,
    error: unknown,
  ): void {
    this.#parts.attemptEvents.ended(job, ending, durationMs, context, error);
    if (ending.dueInMs !== undefined) this.#expectDueIn(ending.dueInMs);
    if (next !== null) this.#tellNextRun(job, next);
  }

  #tellNextRun(job: Job, next: NextRun): void {
    if (next.nextRunAt !== null) this.#parts.expectDue(next.nextRunAt);
    this.#parts.attemptEvents.nextRun(job, next);
  }

  #expectDueIn(dueInMs: number): void {
    this.#parts.expectDue(this.#parts.storageClock.now() + dueInMs);
  }
}

/** Shared by most endings: after nearly every attempt, the task is not due again. */
const notDueAgain: Pick<Ending, "dueInMs" | "returnAttempt"> = {};

function dueAgain({ dueInMs, returnAttempt }: Ending): Pick<Ending, "dueInMs" | "returnAttempt"> {
  if (dueInMs === undefined && returnAttempt === undefined) return notDueAgain;
  return {
    ...(dueInMs === undefined ? {} : { dueInMs }),
    ...(returnAttempt === undefined ? {} : { returnAttempt }),
  };
}
