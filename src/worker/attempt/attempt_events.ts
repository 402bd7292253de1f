// Reports what happens to an attempt: emits events, calls the task's hooks, logs skipped runs.

import type { HomeContext } from "../../time/home_context.ts";
import type { EventBus } from "../../events/event_bus.ts";
import { type EventDetails, taskEvent } from "../../events/job_events.ts";
import type { TaskEventKind } from "../../events/task_event.ts";
import type { Loggers } from "../../log/loggers.ts";
import type { NextRun } from "../../schedule/series.ts";
import type { TaskContext } from "../../task/task.ts";
import type { StorageClock } from "../../time/storage_clock.ts";
import type { Ending } from "./ending.ts";
import { logFailure } from "./failure_log.ts";
import type { WorkLog } from "../activity/work_log.ts";
import type { Job } from "../job.ts";
import type { LogKeeper } from "./log_keeper.ts";

/** The dependencies of {@linkcode AttemptEvents}. */
export interface AttemptEventsParts {
  readonly home: HomeContext;
  readonly storageClock: StorageClock;
  readonly events: EventBus;
  readonly loggers: Loggers;
  readonly logKeeper: LogKeeper;
  readonly workLog: WorkLog;
}

/** Emits events and calls hooks. */
export class AttemptEvents {
  readonly #parts: AttemptEventsParts;
  readonly #background = new Set<Promise<void>>();

  constructor(parts: AttemptEventsParts) {
    this.#parts = parts;
  }

  /** Resolves when all hooks that were called have ended. */
  async idle(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /** Emits an event about a job, if there is a subscriber. */
  emit(kind: TaskEventKind, job: Job, details: EventDetails = {}): void {
    const { events, storageClock } = this.#parts;
    const { task, definition, lease: { workerId } } = job;
    if (!events.wants(kind, task.type)) return;
    const event = taskEvent(kind, storageClock.now(), task, definition, { workerId, ...details });
    events.emit(event);
  }

  /** Calls a hook in the context of the caller. An error of the hook is only logged. */
  callHook(name: string, job: Job, hook: () => void | Promise<void>): Promise<void> {
    const call = (async () => {
      try {
        await hook();
      } catch (error) {
        this.#parts.loggers(`tasks.${job.task.type}`).error(
          "The hook {hook} of task {taskId} ({taskType}) failed: {error}",
          {
            hook: name,
            taskId: job.task.id,
            taskType: job.task.type,
            error,
          },
        );
      }
      // The handler's log lines are stored when the attempt ends. A hook that runs later may have
      // added lines.
      if (job.attempt.phase === "ended") this.#parts.logKeeper.keep(job);
    })();
    this.#background.add(call);
    return call.finally(() => this.#background.delete(call));
  }

  /** Reports that an attempt has started. */
  started(job: Job): void {
    const { events, storageClock, workLog } = this.#parts;
    const startedAt = storageClock.at(job.attempt.startedAt);
    workLog.started(job.task, startedAt);
    if (!events.wants("started", job.task.type)) return;
    const waitMs = Math.max(0, startedAt - job.task.dueAt);
    this.emit("started", job, { waitMs });
  }

  /** Reports the end of an attempt after the end is stored. `error` is the argument of the hook. */
  ended(
    job: Job,
    ending: Ending,
    durationMs: number,
    context: TaskContext,
    error: unknown,
  ): void {
    const { definition, task } = job;
    const { home, loggers } = this.#parts;
    this.#count(job, ending, durationMs);
    const details = { durationMs, exception: ending.exception };
    switch (ending.status) {
      case "Completed":
        this.emit("completed", job, details);
        if (definition.onCompleted) {
          const hook = () => home.call(() => definition.onCompleted!(context));
          void this.callHook("onCompleted", job, hook);
        }
        break;
      case "Failed":
        logFailure(loggers, definition, task, ending.error, null);
        this.emit("failed", job, details);
        if (definition.onError) {
          const hook = () => home.call(() => definition.onError!(context, error));
          void this.callHook("onError", job, hook);
        }
        break;
      case "Cancelled":
        this.emit("cancelled", job, details);
        break;
      case "Pending":
        if (ending.exception !== null) {
          logFailure(loggers, definition, task, ending.error, ending.dueInMs ?? 0);
        }
        this.emit("retrying", job, details);
        break;
      default:
        break;
    }
  }

  /** Reports a job that was cancelled or has failed before it ran. */
  endedUnstarted(job: Job, { status, exception }: Ending): void {
    if (status === "Cancelled") this.emit("cancelled", job);
    else if (status === "Failed") this.emit("failed", job, { exception });
    else return;
    this.#count(job, { status, exception }, null);
  }

  #count(job: Job, { status, exception }: Ending, durationMs: number | null): void {
    const { storageClock, workLog } = this.#parts;
    const now = durationMs === null
      ? storageClock.now()
      : storageClock.at(job.attempt.startedAt + durationMs);
    workLog.ended(job.task, status, now, durationMs);
    if (status !== "Failed" || exception === null || job.task.auditLevel === "None") return;
    workLog.failed(job.task, exception, now);
  }

  /** Reports the next run of a series, and the missed occurrences before it. */
  nextRun(job: Job, { nextRunAt, skipped }: NextRun): void {
    const nextRunUtc = nextRunAt === null ? null : new Date(nextRunAt).toISOString();
    if (skipped > 0) {
      this.#parts.loggers("worker").info(
        "Series {taskId} ({taskType}) skipped {count} missed occurrences; its next run: {nextRunUtc}",
        { taskId: job.task.id, taskType: job.task.type, count: skipped, nextRunUtc },
      );
      const occurrences = skipped === 1 ? "an occurrence" : `${skipped} occurrences`;
      const message = `Task with id ${job.task.id} missed ${occurrences}.`;
      this.emit("missed", job, { message, nextRunUtc, count: skipped });
    }
    if (nextRunAt !== null) this.emit("recurringScheduled", job, { nextRunUtc, count: skipped });
  }
}
