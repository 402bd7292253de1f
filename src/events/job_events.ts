// Makes the events of tasks: the fields that all have in common, and the messages, which read like
// upstream's.

import type { AnyTask } from "../task/task.ts";
import { severityOf, type TaskEvent, type TaskEventKind } from "./task_event.ts";

/**
 * The fields of an event that come from the task: a claimed task and a task's record have all of
 * them.
 */
export interface EventSubject {
  readonly id: string;
  readonly type: string;
  readonly payload: string;
  readonly queue: string;
  readonly taskKey: string | null;
  /** Not null: it is recurring. */
  readonly series: object | null;
  readonly attempt: number;
  readonly traceContext: string | null;
}

/**
 * Makes the subject of an event that concerns no single task: only a type and a queue, where known.
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

/** The fields of an event that come from what happened. */
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
 * An instant in ISO 8601. Under load, many events share a millisecond; writing it down is a third
 * of an event's cost.
 */
function isoText(at: number): string {
  if (at !== lastAt) {
    lastText = new Date(at).toISOString();
    lastAt = at;
  }
  return lastText;
}

/** Makes an event. */
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
