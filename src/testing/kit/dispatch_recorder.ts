// The `dispatch` of a single handler: the engine's own dispatcher with an array instead of a
// storage. It rejects an invalid payload or option as in production, and records the tasks that
// would be stored.

import type { TaskRecord } from "../../storage/records.ts";
import { dated } from "../../time/dated.ts";
import { Dispatcher } from "../../dispatch/dispatcher.ts";
import type { DispatchOptions, DispatchResult } from "../../task/dispatch_options.ts";
import { EventBus } from "../../events/event_bus.ts";
import type { Logger } from "../../log/logger.ts";
import type { NewTask } from "../../storage/requests.ts";
import type { AnyTask } from "../../task/task.ts";
import type { Clock } from "../../time/clock.ts";
import { StorageClock } from "../../time/storage_clock.ts";
import { parseQueues } from "../../task/queue_settings.ts";
import { type StoredTask, toStoredTask } from "./stored_task.ts";

/** The dependencies of a recorder. */
export interface DispatchRecorderParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
}

/** Records the dispatches of a handler. */
export class DispatchRecorder {
  /** The tasks dispatched so far. */
  readonly dispatched: StoredTask[] = [];
  readonly #parts: DispatchRecorderParts;

  constructor(parts: DispatchRecorderParts) {
    this.#parts = parts;
  }

  /**
   * Implements `dispatch` of the handler's context. Every task counts as registered, every queue as
   * known, and every task key as free.
   */
  dispatch(
    task: AnyTask,
    payload: unknown,
    options: DispatchOptions = {},
  ): Promise<DispatchResult> {
    const { clock, logger, newId } = this.#parts;
    const queues = [task?.queue, options.queue].filter((name) => name !== undefined);
    const dispatcher = new Dispatcher({
      storage: {
        persist: (tasks) => Promise.resolve(tasks.map((each) => this.#keep(each))),
        getByTaskKey: () => Promise.resolve(null),
      },
      clock,
      storageClock: new StorageClock(clock),
      logger,
      newId,
      events: new EventBus(logger),
      definitions: new Map([[task?.type, task]]),
      queues: parseQueues(Object.fromEntries(queues.map((name) => [name, {}])), 1),
      defaultAuditLevel: "Full",
      instrumentation: undefined,
      retryForMs: 0,
      opening: () => null,
      worker: () => null,
      onStoredForOthers: () => {},
    });
    return dispatcher.dispatch(task, payload, options);
  }

  #keep({ due, claimFor: _, ...task }: NewTask) {
    const createdAt = this.#parts.clock.now();
    const dueAt = "at" in due ? due.at : createdAt + due.inMs;
    const stored = toStoredTask(dated<TaskRecord>({
      ...task,
      exception: null,
      createdAt,
      scheduledAt: task.status === "WaitingQueue" ? dueAt : null,
      dueAt,
      lastExecutionAt: null,
      executionTimeMs: null,
      attempt: 0,
      lostCount: 0,
      workerId: null,
      leaseToken: 0,
      cancelRequested: false,
      rateSlotAt: null,
      version: "",
      series: task.series === null ? null : { ...task.series, runCount: 0 },
    }));
    this.dispatched.push(stored);
    return { id: task.id, outcome: "created", claimed: false } as const;
  }
}
