// The interface for tracing: an instrumentation wraps each dispatch and each execution of a
// handler. The OpenTelemetry exporter implements it.

/** The dispatch that is about to be stored. */
export interface DispatchedTask {
  /** The task's id; for a batch, the id of its first task. */
  readonly taskId: string;
  /** The type under which its handler is registered. */
  readonly type: string;
  /** The task's queue. */
  readonly queue: string;
  /** The task's key; null if it has none. */
  readonly taskKey: string | null;
  /** Whether the task is a recurring series. */
  readonly recurring: boolean;
  /** The number of tasks that the dispatch stores: 1, or the size of a batch. */
  readonly count: number;
}

/** The attempt that a worker is about to execute. */
export interface ExecutedTask {
  /** The task's id. */
  readonly taskId: string;
  /** The type under which its handler is registered. */
  readonly type: string;
  /** The task's queue. */
  readonly queue: string;
  /** The task's key; null if it has none. */
  readonly taskKey: string | null;
  /** Whether the task is a recurring series. */
  readonly recurring: boolean;
  /** The number of the attempt in the current run, from 1. */
  readonly attempt: number;
  /** The time between the due instant and this start, in milliseconds. */
  readonly waitMs: number;
  /** The worker that runs it. */
  readonly workerId: string;
  /**
   * The trace context that {@linkcode Instrumentation.dispatch} passed to `store`; null if there
   * was none.
   */
  readonly traceContext: string | null;
}

/**
 * Wraps the dispatch of a task in one process, and each execution, possibly in another. The trace
 * context, which is stored with the task, connects them.
 *
 * An implementation calls the wrapped function exactly once, returns its result, and rethrows its
 * error unchanged.
 */
export interface Instrumentation {
  /**
   * Wraps the storing of a task, or of a batch of one type to one queue.
   *
   * @param task The dispatched task.
   * @param store Stores the tasks together with a W3C `traceparent`, or null for none.
   */
  dispatch<T>(
    task: DispatchedTask,
    store: (traceContext: string | null) => Promise<T>,
  ): Promise<T>;

  /**
   * Wraps each execution of a handler.
   *
   * @param task The attempt that starts.
   * @param execute Runs the handler. Rejects with the handler's error, or with its abort reason (a
   * timeout, a cancellation). If the handler does not end, rejects when the attempt is given up.
   */
  run<T>(task: ExecutedTask, execute: () => Promise<T>): Promise<T>;
}
