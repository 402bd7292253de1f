// A small event source for the tests of what listens to events: the same contract as everTask.events, told what to say.

import {
  severityOf,
  type TaskEvent,
  type TaskEventFilter,
  type TaskEventKind,
  type TaskEventSource,
} from "../../../src/events/task_event.ts";

const severities = ["Information", "Warning", "Error"];

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

/** An event source that a test speaks through. */
export class EventSourceForTests implements TaskEventSource {
  readonly #subscribers = new Set<(event: TaskEvent) => void>();

  /** How many subscriptions there are. */
  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  subscribe(
    handler: (event: TaskEvent) => void | Promise<void>,
    filter: TaskEventFilter = {},
  ): () => void {
    const { severity = "Information", types, kinds } = filter;
    const subscriber = (event: TaskEvent): void => {
      if (severities.indexOf(event.severity) < severities.indexOf(severity)) return;
      if (types && !types.includes(event.taskType)) return;
      if (kinds && !kinds.includes(event.kind)) return;
      void handler(event);
    };
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /** Tells all subscribers of an event, and gives it back. */
  emit(kind: TaskEventKind, fields: Partial<TaskEvent> = {}): TaskEvent {
    const event = taskEvent(kind, fields);
    for (const subscriber of [...this.#subscribers]) subscriber(event);
    return event;
  }
}
