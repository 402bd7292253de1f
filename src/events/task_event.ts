// What EverTask tells about the life of tasks. Field names, severities and messages are upstream's;
// the machine-readable fields on top spare a subscriber from reading messages.

/** How serious an event is: normal life, something to look at, a failure. */
export type Severity = "Information" | "Warning" | "Error";

/** What happened. */
export type TaskEventKind =
  | "dispatched"
  | "started"
  | "completed"
  | "failed"
  | "retrying"
  | "cancelled"
  | "timeout"
  | "recurringScheduled"
  | "missed"
  | "lost"
  | "stuck"
  | "leaseLost"
  | "rateLimitDeferred"
  | "rateLimitRejected"
  | "workerStarved";

/**
 * One event. Severity is `Information` for dispatched, started, completed, recurringScheduled and
 * rateLimitDeferred, `Warning` for cancelled, timeout, retrying, missed, lost, stuck, leaseLost and
 * workerStarved, `Error` for failed and rateLimitRejected.
 */
export interface TaskEvent {
  /**
   * The task's id; empty for events that concern no single task (workerStarved, an aggregated
   * rateLimitDeferred).
   */
  readonly taskId: string;
  /** When, in ISO 8601 with UTC offset. */
  readonly eventDateUtc: string;
  /** How serious it is. */
  readonly severity: Severity;
  /** The type under which the task's handler is registered. */
  readonly taskType: string;
  /** The handler's name for people. */
  readonly taskHandlerType: string;
  /** The payload as JSON text. */
  readonly taskParameters: string;
  /** A sentence such as "Task with id … was completed." */
  readonly message: string;
  /** The error's text, when there was one. */
  readonly exception: string | null;
  /** What happened, for programs. */
  readonly kind: TaskEventKind;
  /** The task's queue. */
  readonly queue: string;
  /** The task's key; null when it has none. */
  readonly taskKey: string | null;
  /** Whether the task is a recurring series. */
  readonly recurring: boolean;
  /** Which attempt of the current run, from 1; 0 before the first. */
  readonly attempt: number;
  /** How long the execution took, for events that end one; null otherwise. Milliseconds. */
  readonly durationMs: number | null;
  /**
   * How long the task waited between its due instant and its start, for `started`; null otherwise.
   * Milliseconds.
   */
  readonly waitMs: number | null;
  /**
   * For `recurringScheduled` and `missed`: the next run in ISO 8601; null when there is none, and
   * otherwise.
   */
  readonly nextRunUtc: string | null;
  /**
   * For `missed`, and for the `recurringScheduled` that follows it: how many occurrences were
   * skipped. For an aggregated deferral: how many. For `lost`: the lost count of the task in this
   * run. 0 otherwise.
   */
  readonly count: number;
  /** The id of the worker process; null without one. */
  readonly workerId: string | null;
  /** W3C trace context stored with the task, when tracing is on. */
  readonly traceContext: string | null;
}

/** The severity of each kind of event. */
export const severityOf: Readonly<Record<TaskEventKind, Severity>> = {
  dispatched: "Information",
  started: "Information",
  completed: "Information",
  failed: "Error",
  retrying: "Warning",
  cancelled: "Warning",
  timeout: "Warning",
  recurringScheduled: "Information",
  missed: "Warning",
  lost: "Warning",
  stuck: "Warning",
  leaseLost: "Warning",
  rateLimitDeferred: "Information",
  rateLimitRejected: "Error",
  workerStarved: "Warning",
};

/** Which events a subscriber wants. Absent means all. */
export interface TaskEventFilter {
  /** At least this severe. */
  readonly severity?: Severity;
  /** Only these task types. */
  readonly types?: readonly string[];
  /** Only these kinds. */
  readonly kinds?: readonly TaskEventKind[];
}

/** What can be subscribed to: `everTask.events`, and anything that behaves like it. */
export interface TaskEventSource {
  /**
   * Calls the handler for each event, outside the tasks' path: a slow or failing handler loses
   * events (counted), and never delays or fails a task.
   *
   * @returns A function that ends the subscription.
   */
  subscribe(
    handler: (event: TaskEvent) => void | Promise<void>,
    filter?: TaskEventFilter,
  ): () => void;
}
