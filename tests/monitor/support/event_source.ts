// Emits a test's events through the same event bus as an instance.

import { EventBus } from "../../../src/events/event_bus.ts";
import {
  severityOf,
  type TaskEvent,
  type TaskEventFilter,
  type TaskEventKind,
  type TaskEventSource,
} from "../../../src/events/task_event.ts";
import { consoleLogger } from "../../../src/log/logger.ts";

/** Makes a plausible event of a kind. */
export function taskEvent(kind: TaskEventKind, fields: Partial<TaskEvent> = {}): TaskEvent {
  const taskId = fields.taskId ?? "0198f3a0-0000-7000-8000-000000000001";
  return {
    taskId,
    eventDateUtc: "2026-01-02T03:04:05.678Z",
    severity: severityOf[kind],
    taskType: "send-email",
    taskHandlerType: "SendEmailHandler",
    taskParameters: '{"to":"ada@example.com"}',
    message: `Task with id ${taskId} was ${kind}.`,
    exception: kind === "failed" ? "TypeError: no such mailbox\n    at send (mail.ts:1:1)" : null,
    kind,
    queue: "default",
    taskKey: null,
    recurring: false,
    attempt: 1,
    durationMs: ["completed", "failed", "retrying", "timeout"].includes(kind) ? 120 : null,
    waitMs: kind === "started" ? 40 : null,
    nextRunUtc: null,
    count: 0,
    workerId: "worker-1",
    traceContext: null,
    ...fields,
  };
}

/** The event bus of an instance, on which a test emits events. */
export class EventSourceForTests implements TaskEventSource {
  readonly #bus = new EventBus(consoleLogger);
  readonly #subscriptions = new Set<() => void>();

  /** The number of subscriptions. */
  get subscriberCount(): number {
    return this.#subscriptions.size;
  }

  subscribe(
    handler: (event: TaskEvent) => void | Promise<void>,
    filter?: TaskEventFilter,
  ): () => void {
    const unsubscribe = this.#bus.subscribe(handler, filter);
    this.#subscriptions.add(unsubscribe);
    return () => {
      this.#subscriptions.delete(unsubscribe);
      unsubscribe();
    };
  }

  /** Schedules an event for all subscribers, and returns the event. */
  emit(kind: TaskEventKind, fields: Partial<TaskEvent> = {}): TaskEvent {
    const event = taskEvent(kind, fields);
    this.#bus.emit(event);
    return event;
  }

  /** Resolves when all subscribers have handled all events so far. */
  idle(): Promise<void> {
    return this.#bus.idle();
  }
}
