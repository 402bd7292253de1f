// Tells, by log and event, what concerns a worker as a whole rather than one attempt.

import type { EventBus } from "../events/event_bus.ts";
import { taskEvent, typeSubject } from "../events/job_events.ts";
import type { Logger } from "../log/logger.ts";
import type { LostTask } from "../storage/requests.ts";
import type { AnyTask } from "../task.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import type { Job } from "./job.ts";
import type { LeaseSettings } from "./lease_keeper.ts";

/** What a reporter works with. */
export interface ReporterParts {
  readonly events: EventBus;
  readonly logger: Logger;
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly storageClock: StorageClock;
  readonly lease: LeaseSettings;
}

/** Reports lost workers and a blocked event loop. */
export class WorkerReporter {
  readonly #parts: ReporterParts;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  /** Tasks were taken from lost workers. */
  tasksReleased(tasks: readonly LostTask[]): void {
    const { events, definitions, storageClock, logger } = this.#parts;
    logger.warn("{count} tasks were taken from lost workers", { count: tasks.length });
    if (!events.active) return;
    for (const { taskId, type, queue, workerId, lostCount, poisoned } of tasks) {
      const kind = poisoned ? "failed" : "lost";
      const subject = { ...typeSubject(type, queue), id: taskId };
      const details = { workerId, count: lostCount };
      events.emit(taskEvent(kind, storageClock.now(), subject, definitions.get(type), details));
    }
  }

  /** The event loop was blocked for so long that the heartbeat came too late. */
  starved(blockedMs: number, running: Iterable<Job>, workerId: string | null): void {
    const { events, storageClock, logger, lease } = this.#parts;
    const types = [...new Set([...running].map((job) => job.task.type))].join(", ");
    const message = `The event loop was blocked for ${Math.round(blockedMs)} ms, and the lease ` +
      `lasts ${lease.leaseMs} ms: other workers may have taken this worker's tasks. Handlers of ` +
      `${
        types === "" ? "no task" : types
      } were running; CPU-bound work belongs in a worker thread.`;
    logger.error(message);
    if (!events.active) return;
    const details = { message, durationMs: blockedMs, workerId };
    const subject = typeSubject(types, "");
    events.emit(taskEvent("workerStarved", storageClock.now(), subject, undefined, details));
  }
}
