// Logs and emits events about a worker as a whole.

import type { EventBus } from "../../events/event_bus.ts";
import { taskEvent, typeSubject } from "../../events/job_events.ts";
import { StoredTaskEvents } from "../../events/stored_task_events.ts";
import type { Logger } from "../../log/logger.ts";
import type { Loggers } from "../../log/loggers.ts";
import type { LostTask } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import type { AnyTask } from "../../task/task.ts";
import type { StorageClock } from "../../time/storage_clock.ts";
import type { WorkLog } from "../activity/work_log.ts";
import type { Job } from "../job.ts";
import { type LeaseSettings, lostReason, poisonReason } from "./lease_keeper.ts";

/** The dependencies of a reporter. */
export interface ReporterParts {
  readonly storage: Storage;
  readonly events: EventBus;
  readonly logger: Logger;
  readonly loggers: Loggers;
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly storageClock: StorageClock;
  readonly lease: LeaseSettings;
}

/** The part of a work log that counts the tasks of lost workers. */
type LossLog = Pick<WorkLog, "lost" | "ended" | "failed">;

/** Reports lost workers and a blocked event loop. */
export class WorkerReporter {
  readonly #parts: ReporterParts;
  readonly #workLog: LossLog;
  readonly #stored: StoredTaskEvents;

  constructor(parts: ReporterParts, workLog: LossLog) {
    this.#parts = parts;
    this.#workLog = workLog;
    this.#stored = new StoredTaskEvents(parts);
  }

  /** Reports the tasks that were released from lost workers. */
  tasksReleased(tasks: readonly LostTask[]): void {
    const { logger, loggers, definitions } = this.#parts;
    logger.warn("{count} tasks were taken from lost workers", { count: tasks.length });
    this.#count(tasks);
    for (const { taskId, type, poisoned } of tasks) {
      if (!poisoned || definitions.get(type)?.logFailures === "none") continue;
      loggers(`tasks.${type}`).error("Task {taskId} ({taskType}) failed: {reason}", {
        taskId,
        taskType: type,
        reason: poisonReason,
      });
    }
    void this.#stored.tell(tasks.map(({ taskId, type, queue, workerId, lostCount, poisoned }) => {
      const exception = poisoned ? poisonReason : lostReason;
      const details = { workerId, count: lostCount, exception };
      return { kind: poisoned ? "failed" : "lost", taskId, type, queue, details };
    }));
  }

  #count(tasks: readonly LostTask[]): void {
    const now = this.#parts.storageClock.now();
    for (const task of tasks) {
      this.#workLog.lost(task, now);
      if (!task.poisoned) continue;
      this.#workLog.ended(task, "Failed", now, null);
      this.#workLog.failed({ id: task.taskId, type: task.type }, poisonReason, now);
    }
  }

  /** Resolves when all reports were made. */
  idle(): Promise<void> {
    return this.#stored.idle();
  }

  /** Reports that the event loop was blocked so long that the heartbeat was late. */
  starved(blockedMs: number, running: Iterable<Job>, workerId: string | null): void {
    const { events, storageClock, logger, lease } = this.#parts;
    const types = [...new Set([...running].map((job) => job.task.type))].join(", ");
    const message = `The event loop was blocked for ${Math.round(blockedMs)} ms, and the lease ` +
      `lasts ${lease.leaseMs} ms: other workers may have taken this worker's tasks. Handlers of ` +
      `${
        types === "" ? "no task" : types
      } were running; CPU-bound work belongs in a worker thread.`;
    logger.error(message);
    if (!events.wants("workerStarved", types)) return;
    const details = { message, durationMs: blockedMs, workerId };
    const subject = typeSubject(types, "");
    events.emit(taskEvent("workerStarved", storageClock.now(), subject, undefined, details));
  }
}
