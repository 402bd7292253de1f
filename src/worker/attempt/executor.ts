// Runs attempts: calls the handler with its context, enforces its timeout, and ends the job exactly
// once.

import type { Instrumentation } from "../../instrumentation/instrumentation.ts";
import type { Logger } from "../../log/logger.ts";
import type { Loggers } from "../../log/loggers.ts";
import { decodePayload } from "../../payload/payload.ts";
import {
  LeaseLostError,
  TaskCancelledError,
  TimeoutError,
  WorkerStoppedError,
} from "../../task/abort_reasons.ts";
import type { QueueSettings } from "../../task/queue_settings.ts";
import type { Dispatch, TaskContext } from "../../task/task.ts";
import { describeError } from "../../thrown/describe_error.ts";
import type { Clock } from "../../time/clock.ts";
import type { HomeContext } from "../../time/home_context.ts";
import type { StorageClock } from "../../time/storage_clock.ts";
import { within } from "../../time/within.ts";
import type { Job } from "../job.ts";
import type { Occurrence } from "./attempt.ts";
import type { AttemptEvents } from "./attempt_events.ts";
import type { AttemptRecorder } from "./attempt_recorder.ts";
import { type AttemptDefaults, retryPolicyOf, timeoutOf } from "./attempt_settings.ts";
import { decideEnding } from "./ending.ts";
import type { LogKeeper } from "./log_keeper.ts";
import { planOccurrence } from "./series_run.ts";
import { AttemptContext, type ContextParts } from "./task_context.ts";
import type { CaptureSettings } from "./task_logger.ts";
import { Watchdog } from "./watchdog.ts";

/** The defaults of attempts. */
export interface ExecutionSettings extends AttemptDefaults {
  /**
   * The time for which a handler may continue after its signal has aborted, in milliseconds. Then
   * the slot of the job is freed.
   */
  readonly graceMs: number;
  readonly capture: CaptureSettings | null;
  readonly instrumentation: Instrumentation | undefined;
  /** Returns a number from 0 to below 1, for the jitter of retries. */
  readonly random: () => number;
}

/** The dependencies of an executor. */
export interface ExecutorParts {
  readonly home: HomeContext;
  readonly clock: Clock;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  readonly loggers: Loggers;
  readonly recorder: AttemptRecorder;
  readonly attemptEvents: AttemptEvents;
  readonly logKeeper: LogKeeper;
  readonly settings: ExecutionSettings;
  readonly queue: (name: string) => QueueSettings;
  readonly dispatch: Dispatch;
  /**
   * Called when a job has ended or is given up, and its slot is free. `now` is a reading of the
   * monotonic clock.
   */
  readonly onSettled: (job: Job, now: number) => void;
}

/** Runs the attempts of a worker. */
export class Executor {
  readonly #parts: ExecutorParts;
  readonly #watchdog: Watchdog;
  readonly #contextParts: ContextParts;
  /** The attempts that have ended, but whose end waits for a hook or for storage. */
  readonly #ending = new Set<Promise<void>>();

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#watchdog = new Watchdog(parts.clock, {
      onLongRunning: (job) => parts.recorder.report(job),
      onDeadline: (job) => this.#onDeadline(job),
    });
    this.#contextParts = {
      loggerOf: (type) => parts.loggers(`tasks.${type}`),
      capture: parts.settings.capture,
      monotonic: () => parts.clock.monotonic(),
      dispatch: parts.dispatch,
      complete: (job, connection) => parts.recorder.complete(job, connection),
    };
  }

  /** The running jobs. */
  get running(): ReadonlySet<Job> {
    return this.#watchdog.jobs;
  }

  /**
   * Starts a job's attempt. The handler is called a little later, in the instance's own context.
   * Never throws; `onSettled` is called when the slot is free.
   *
   * @param now The present reading of the monotonic clock. The caller passes it to save another
   * reading.
   */
  execute(job: Job, now: number): void {
    const { storageClock, recorder } = this.#parts;
    const { series } = job.task;
    let occurrence: Occurrence | null = null;
    if (series !== null) {
      const servedSince = storageClock.at(job.servedSince);
      const plan = planOccurrence(job.task, series, storageClock.at(now), servedSince);
      if (plan.kind !== "run") {
        if (plan.kind === "skip") recorder.skipOccurrence(job, plan.next);
        else recorder.postpone(job, plan.reason, plan.dueInMs);
        this.#parts.onSettled(job, now);
        return;
      }
      occurrence = plan;
    }
    const context = new AttemptContext(job, this.#contextParts);
    job.attempt.begin(now, context, occurrence);
    if (job.task.status !== "Queued") job.unwritten.add("Queued", null, now);
    job.unwritten.add("InProgress", null, now);
    this.#watchdog.add(job);
    this.#parts.home.run(() => void this.#run(job, context));
  }

  /** Fails a job that never started. */
  refuse(job: Job, error: Error): void {
    const { clock, recorder } = this.#parts;
    const context = new AttemptContext(job, this.#contextParts);
    const now = clock.monotonic();
    job.attempt.begin(now, context, null);
    job.attempt.end();
    const ending = { status: "Failed", exception: describeError(error), error } as const;
    recorder.record(job, ending, context, error, now);
  }

  /** Resolves when the end of every attempt was passed to the status writer. */
  async idle(): Promise<void> {
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  }

  /** Asks a running job's handler to stop. Its slot is freed after the grace period. */
  abort(job: Job, reason: Error): void {
    if (job.attempt.phase !== "running") return;
    if (reason instanceof TaskCancelledError) job.attempt.cancel();
    const isFirst = job.attempt.abortReason === undefined;
    if (isFirst || reason instanceof LeaseLostError) job.attempt.abort(reason);
    // Heartbeats repeat a cancellation, but the grace period begins with the first reason.
    if (!isFirst) return;
    this.#watchdog.setDeadline(job, this.#parts.clock.monotonic() + this.#parts.settings.graceMs);
  }

  /** Gives up on the jobs that still run at the end of a stop. */
  giveUpAll(): void {
    for (const job of [...this.running]) {
      if (job.attempt.abortReason === undefined) job.attempt.abort(new WorkerStoppedError());
      this.#giveUp(job);
    }
  }

  stop(): void {
    this.#watchdog.stop();
  }

  /** Begins the attempt. Its timeout counts from here. */
  #begin(job: Job): void {
    const { queue, settings } = this.#parts;
    const { attempt } = job;
    attempt.limitTo(timeoutOf(job, queue(job.task.queue), settings));
    this.#watchdog.setDeadline(job, attempt.startedAt + attempt.timeoutMs);
    this.#parts.attemptEvents.started(job);
  }

  /** Runs an attempt from its start to its end. */
  async #run(job: Job, context: AttemptContext): Promise<void> {
    const { attempt, definition, task, payload } = job;
    if (attempt.phase === "ended") return; // it was given up before it began
    let failure: { readonly error: unknown } | undefined;
    try {
      if (task.lostCount > 0) {
        await this.#parts.recorder.reportFirst(job);
        attempt.restart(this.#parts.clock.monotonic());
      }
      if (attempt.abortReason !== undefined) throw attempt.abortReason;
      this.#begin(job);
      if (definition.onStarted) {
        await this.#parts.attemptEvents.callHook(
          "onStarted",
          job,
          () => definition.onStarted!(context),
        );
      }
      let value = payload?.value;
      if (payload === null) {
        const decoded = decodePayload(task.type, definition.payload, task.payload);
        value = decoded instanceof Promise ? await decoded : decoded;
      }
      // The attempt may have ended while the hook or the validator ran: another may have begun.
      if (attempt.abortReason !== undefined) throw attempt.abortReason;
      await this.#handle(job, value, context);
    } catch (error) {
      failure = { error };
    }
    this.#settle(job, failure);
  }

  #handle(job: Job, value: unknown, context: AttemptContext): void | Promise<void> {
    const { definition, task } = job;
    const { instrumentation } = this.#parts.settings;
    if (instrumentation === undefined) return definition.handle(value, context);
    const executed = {
      taskId: task.id,
      type: task.type,
      queue: task.queue,
      taskKey: task.taskKey,
      recurring: task.series !== null,
      attempt: task.attempt,
      waitMs: Math.max(0, this.#parts.storageClock.at(job.attempt.startedAt) - task.dueAt),
      workerId: job.lease.workerId,
      traceContext: task.traceContext,
    };
    // If the attempt is given up, it also ends for the instrumentation.
    const givenUp = job.attempt.givenUp();
    givenUp.catch(() => {}); // the instrumentation may not have called the handler yet
    const handle = async () => {
      if (job.attempt.abortReason !== undefined) throw job.attempt.abortReason;
      await definition.handle(value, context);
    };
    return instrumentation.run(executed, () => Promise.race([handle(), givenUp]));
  }

  /** Settles a job whose handler has not ended. */
  #giveUp(job: Job): void {
    this.#settle(job, { error: job.attempt.abortReason });
    job.attempt.giveUp();
  }

  /** Settles a job once: by its handler's end, or because it is given up. */
  #settle(job: Job, failure: { readonly error: unknown } | undefined): void {
    if (job.attempt.phase === "ended") return; // a handler that was given up has ended now; its outcome is ignored
    job.attempt.end();
    this.#watchdog.remove(job);
    const context = job.attempt.context!;
    const now = this.#parts.clock.monotonic(); // read once, because a reading costs a tenth of a microsecond
    this.#parts.logKeeper.keep(job);
    if (job.attempt.completion) {
      this.#finishLater(this.#confirmCompletion(job, context, failure));
    } else this.#end(job, context, failure, now);
    this.#parts.onSettled(job, now);
  }

  #end(
    job: Job,
    context: TaskContext,
    failure: { readonly error: unknown } | undefined,
    now: number,
  ): void {
    const { recorder, attemptEvents, logger, queue, settings } = this.#parts;
    const { definition, task } = job;
    const result = {
      failure,
      abortReason: job.attempt.abortReason,
      attempt: task.attempt,
      lostCount: task.lostCount,
    };
    const policy = retryPolicyOf(job, queue(task.queue), settings, logger);
    const ending = decideEnding(result, policy, settings.random);
    if (ending === null) return recorder.forget(job);
    if ("policyFault" in ending) {
      logger.error("The retry policy of task {taskId} ({taskType}) failed: {error}", {
        taskId: task.id,
        taskType: task.type,
        error: ending.policyFault,
      });
    }
    const error = failure?.error;
    if (ending.status === "Pending" && definition.onRetry && ending.dueInMs !== undefined) {
      const { dueInMs } = ending;
      const hook = () => definition.onRetry!(context, task.attempt, error, dueInMs);
      const called = attemptEvents.callHook("onRetry", job, hook);
      // A hanging hook must not delay the retry of the task.
      this.#finishLater(
        within(this.#parts.clock, this.#parts.settings.graceMs, called)
          .then(() => recorder.record(job, ending, context, error, this.#parts.clock.monotonic())),
      );
      return;
    }
    recorder.record(job, ending, context, error, now);
  }

  /** Finds out whether the transaction in which the handler completed the task was committed. */
  async #confirmCompletion(
    job: Job,
    context: TaskContext,
    failure: { readonly error: unknown } | undefined,
  ): Promise<void> {
    try {
      if (await this.#parts.recorder.wasCompleted(job)) {
        this.#parts.recorder.tellCompleted(job, context);
        return;
      }
    } catch (error) {
      this.#parts.logger.warn("Reading back task {taskId} failed: {error}", {
        taskId: job.task.id,
        error,
      });
    }
    // The transaction was rolled back, or its outcome is unknown. If it was committed, the lease has
    // ended, and storage rejects this write.
    this.#end(job, context, failure, this.#parts.clock.monotonic());
  }

  #finishLater(ending: Promise<void>): void {
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }

  #onDeadline(job: Job): void {
    const { attemptEvents, logger } = this.#parts;
    if (job.attempt.abortReason === undefined) {
      const reason = new TimeoutError(job.attempt.timeoutMs);
      attemptEvents.emit("timeout", job, { exception: reason.message });
      this.abort(job, reason);
      return;
    }
    logger.warn(
      "The handler of task {taskId} ({taskType}) did not stop within {graceMs} ms after its signal had " +
        "aborted. Its slot is freed; its outcome is not recorded.",
      { taskId: job.task.id, taskType: job.task.type, graceMs: this.#parts.settings.graceMs },
    );
    attemptEvents.emit("stuck", job);
    this.#giveUp(job);
  }
}
