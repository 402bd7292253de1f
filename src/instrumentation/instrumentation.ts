// The interface for tracing: an instrumentation wraps each dispatch and each execution of a
// handler. The OpenTelemetry exporter implements it.

/** The dispatch that is about to be stored. */
export interface DispatchedTask {
  /** The task's id; for a batch, the id of its first task. */
  readonly taskId: string;
  /** The type under which its handler is registered. */
  readonly type: string;
  /** Its queue. */
  readonly queue: string;
  /** Its key; null when it has none. */
  readonly taskKey: string | null;
  /** Whether it is a recurring series. */
  readonly recurring: boolean;
  /** How many tasks the dispatch stores: 1, or the size of a batch. */
  readonly count: number;
}

/** The attempt that a worker is about to execute. */
export interface ExecutedTask {
  /** The task's id. */
  readonly taskId: string;
  /** The type under which its handler is registered. */
  readonly type: string;
  /** Its queue. */
  readonly queue: string;
  /** Its key; null when it has none. */
  readonly taskKey: string | null;
  /** Whether it is a recurring series. */
  readonly recurring: boolean;
  /** Which attempt of the current run, from 1. */
  readonly attempt: number;
  /** How long the task waited between its due instant and this start. Milliseconds. */
  readonly waitMs: number;
  /** The worker that runs it. */
  readonly workerId: string;
  /**
   * What {@linkcode Instrumentation.dispatch} gave to be stored with the task; null when it gave
   * nothing.
   */
  readonly traceContext: string | null;
}

/**
 * Wraps the two ends of a task's way: the dispatch in one process, and each execution, perhaps in
 * another. What joins them is the trace context, which is stored with the task.
 *
 * An implementation calls the wrapped function exactly once, returns its result, and rethrows its
 * error unchanged.
 */
export interface Instrumentation {
  /**
   * Called around the storing of a task, or of a batch of one type to one queue.
   *
   * @param task The dispatched task.
   * @param store Stores the tasks together with a W3C `traceparent`, or null for none.
   */
  dispatch<T>(
    task: DispatchedTask,
    store: (traceContext: string | null) => Promise<T>,
  ): Promise<T>;

  /**
   * Called around each execution of a handler.
   *
   * @param task The attempt that starts.
   * @param execute Runs the handler. Rejects with the handler's error, or with the reason of its
   * abort (a timeout, a cancellation). If the handler does not end, it rejects when the attempt is
   * given up.
   */
  run<T>(task: ExecutedTask, execute: () => Promise<T>): Promise<T>;
}
