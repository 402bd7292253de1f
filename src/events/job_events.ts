// Creates the events of tasks: their common fields, and messages in the style of upstream.

import type { AnyTask } from "../task/task.ts";
import { severityOf, type TaskEvent, type TaskEventKind } from "./task_event.ts";

/**
 * The fields of an event that come from the task. Both a claimed task and a task's record have
 * them.
 */
export interface EventSubject {
  readonly id: string;
  readonly type: string;
  readonly payload: string;
  readonly queue: string;
  readonly taskKey: string | null;
  /** Not null for a recurring task. */
  readonly series: object | null;
  readonly attempt: number;
  readonly traceContext: string | null;
}

/**
 * Creates the subject of an event that concerns no single task. It has only a type and a queue,
 * which are empty if unknown.
 */
export function typeSubject(type: string, queue: string): EventSubject {
  return {
    id: "",
    type,
    payload: "",
    queue,
    taskKey: null,
    series: null,
    attempt: 0,
    traceContext: null,
  };
}

/** The fields of an event that do not come from the task. */
export type EventDetails =
  & Partial<
    Pick<
      TaskEvent,
      "exception" | "durationMs" | "waitMs" | "nextRunUtc" | "count" | "workerId"
    >
  >
  & { readonly message?: string };

const outcome: Readonly<Record<TaskEventKind, string>> = {
  dispatched: "was dispatched",
  started: "was started",
  completed: "was completed",
  failed: "failed",
  retrying: "failed and will be retried",
  cancelled: "was cancelled",
  timeout: "exceeded its timeout",
  recurringScheduled: "was scheduled for its next run",
  missed: "missed occurrences, which are skipped",
  lost: "was lost with its worker",
  stuck: "did not stop after its signal had aborted; its slot was freed",
  leaseLost: "was lost to another worker; this execution is not recorded",
  rateLimitDeferred: "was deferred by its rate limit",
  rateLimitRejected: "was rejected by its rate limit",
  workerStarved: "kept the event loop blocked",
};

let lastAt = NaN;
let lastText = "";

/**
 * Returns an instant in ISO 8601. The last text is cached, because under load many events share a
 * millisecond, and formatting is a third of an event's cost.
 */
function isoText(at: number): string {
  if (at !== lastAt) {
    lastText = new Date(at).toISOString();
    lastAt = at;
  }
  return lastText;
}

/** Creates an event. */
export function taskEvent(
  kind: TaskEventKind,
  at: number,
  subject: EventSubject,
  definition: AnyTask | undefined,
  details: EventDetails = {},
): TaskEvent {
  return {
    taskId: subject.id,
    eventDateUtc: isoText(at),
    severity: severityOf[kind],
    taskType: subject.type,
    taskHandlerType: definition?.handlerName ?? subject.type,
    taskParameters: subject.payload,
    message: details.message ?? `Task with id ${subject.id} ${outcome[kind]}.`,
    exception: details.exception ?? null,
    kind,
    queue: subject.queue,
    taskKey: subject.taskKey,
    recurring: subject.series !== null,
    attempt: subject.attempt,
    durationMs: details.durationMs ?? null,
    waitMs: details.waitMs ?? null,
    nextRunUtc: details.nextRunUtc ?? null,
    count: details.count ?? 0,
    workerId: details.workerId ?? null,
    traceContext: subject.traceContext,
  };
}
