// The events of tasks. Field names, severities and messages are those of upstream. Additional
// machine-readable fields save subscribers from parsing messages.

/** The severity of an event: normal operation, something to check, a failure. */
export type Severity = "Information" | "Warning" | "Error";

/** The kind of an event. */
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
 * One event. The severity is `Information` for dispatched, started, completed, recurringScheduled
 * and rateLimitDeferred, `Warning` for cancelled, timeout, retrying, missed, lost, stuck, leaseLost
 * and workerStarved, `Error` for failed and rateLimitRejected.
 */
export interface TaskEvent {
  /**
   * The task's id; empty for events that concern no single task (workerStarved, an aggregated
   * rateLimitDeferred).
   */
  readonly taskId: string;
  /** The instant, in ISO 8601 with UTC offset. */
  readonly eventDateUtc: string;
  /** The severity. */
  readonly severity: Severity;
  /** The type under which the task's handler is registered. */
  readonly taskType: string;
  /** The display name of the handler. */
  readonly taskHandlerType: string;
  /** The payload as JSON. */
  readonly taskParameters: string;
  /** A sentence such as "Task with id … was completed." */
  readonly message: string;
  /** The error's text; null if there was none. */
  readonly exception: string | null;
  /** The kind of the event, for programs. */
  readonly kind: TaskEventKind;
  /** The task's queue. */
  readonly queue: string;
  /** The task's key; null if it has none. */
  readonly taskKey: string | null;
  /** Whether the task is a recurring series. */
  readonly recurring: boolean;
  /** The number of the attempt in the current run, from 1; 0 before the first. */
  readonly attempt: number;
  /** For events that end an execution, its duration in milliseconds; null otherwise. */
  readonly durationMs: number | null;
  /**
   * For `started`, the time between the due instant and the start, in milliseconds; null otherwise.
   */
  readonly waitMs: number | null;
  /**
   * For `recurringScheduled` and `missed`, the next run in ISO 8601, or null if there is none. Null
   * for other kinds.
   */
  readonly nextRunUtc: string | null;
  /**
   * For `missed` and the `recurringScheduled` that follows it, the number of skipped occurrences.
   * For an aggregated `rateLimitDeferred`, the number of deferrals. For `lost`, the lost count of
   * the task in this run. 0 for other kinds.
   */
  readonly count: number;
  /** The id of the worker process; null if no worker is concerned. */
  readonly workerId: string | null;
  /** The W3C trace context that is stored with the task; null if tracing is off. */
  readonly traceContext: string | null;
  /** The process that sent the event; present only in events of other processes. */
  readonly from?: EventSender;
}

/** The process that sent an event. */
export interface EventSender {
  /** The process's host: the option `host` of its instance. */
  readonly host: string;
  /** The id of this process's worker; null if it had none. */
  readonly workerId: string | null;
  /**
   * The number of its events that were left out so far, since this process began to watch. Events
   * are left out if there are too many of severity `Information`, or if storage does not accept
   * them in time.
   */
  readonly leftOut: number;
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

/** Selects events. An absent property selects all. */
export interface TaskEventFilter {
  /** The minimum severity. */
  readonly severity?: Severity;
  /** Only these task types. */
  readonly types?: readonly string[];
  /** Only these kinds. */
  readonly kinds?: readonly TaskEventKind[];
}

/** The processes whose events are delivered: only this one, or all processes of the store. */
export type EventScope = "process" | "store";

/** Options of a subscription. */
export interface SubscriptionOptions extends TaskEventFilter {
  /**
   * The processes whose events are delivered. With `store`, events of other processes arrive within
   * about a second. On storage without notifications, the first events arrive after a heartbeat.
   * The events of a task are in order. Frequent events of severity `Information` are sampled; see
   * {@linkcode TaskEvent.from}.
   *
   * @default "process"
   */
  readonly scope?: EventScope;
  /**
   * Whether events contain `taskParameters`, which is empty otherwise. While a subscription with
   * the scope `store` wants payloads, the relay table keeps the payloads of events for a minute.
   *
   * @default true with the scope "process", else false
   */
  readonly parameters?: boolean;
}

/** A source of events, such as `everTask.events`. */
export interface TaskEventSource {
  /**
   * Calls the handler for each event. A slow handler loses events, which are counted. A slow or
   * failing handler never delays or fails a task.
   *
   * @returns A function that ends the subscription.
   */
  subscribe(
    handler: (event: TaskEvent) => void | Promise<void>,
    options?: SubscriptionOptions,
  ): () => void;
}
