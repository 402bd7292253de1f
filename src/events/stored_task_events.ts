// Emits events of tasks that this process does not hold, with the task read from storage.

import type { Logger } from "../log/logger.ts";
import type { Storage } from "../storage/storage.ts";
import type { AnyTask } from "../task/task.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import type { EventBus } from "./event_bus.ts";
import { type EventDetails, type EventSubject, taskEvent, typeSubject } from "./job_events.ts";
import type { TaskEventKind } from "./task_event.ts";

/** The dependencies of {@linkcode StoredTaskEvents}. */
export interface StoredTaskEventsParts {
  readonly storage: Pick<Storage, "get">;
  readonly events: EventBus;
  readonly logger: Logger;
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly storageClock: StorageClock;
}

/** An event of a stored task. */
export interface StoredTaskEvent {
  readonly kind: TaskEventKind;
  readonly taskId: string;
  /** The fields that are known without storage. */
  readonly type?: string;
  readonly queue?: string;
  readonly details?: EventDetails;
}

/** Emits events about stored tasks, one after the other. */
export class StoredTaskEvents {
  readonly #parts: StoredTaskEventsParts;
  #telling: Promise<void> = Promise.resolve();

  constructor(parts: StoredTaskEventsParts) {
    this.#parts = parts;
  }

  /** Emits the events that a subscriber wants. Resolves when they are emitted. */
  tell(events: readonly StoredTaskEvent[]): Promise<void> {
    const now = this.#parts.storageClock.now();
    return this.#telling = this.#telling.then(async () => {
      for (const event of events) await this.#tell(event, now);
    });
  }

  /** Resolves when all events are emitted. */
  idle(): Promise<void> {
    return this.#telling;
  }

  async #tell(event: StoredTaskEvent, now: number): Promise<void> {
    const { storage, events, logger, definitions } = this.#parts;
    const { kind, taskId, type, queue = "", details = {} } = event;
    if (!events.wants(kind, type)) return;
    let subject: EventSubject = { ...typeSubject(type ?? "", queue), id: taskId };
    try {
      const record = await storage.get(taskId);
      if (record !== null) subject = record;
    } catch (error) {
      // An event with few fields is better than none.
      logger.warn("Task {taskId} could not be read for its event: {error}", { taskId, error });
    }
    events.emit(taskEvent(kind, now, subject, definitions.get(subject.type), details));
  }
}
