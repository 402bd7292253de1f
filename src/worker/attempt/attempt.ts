// One attempt at a claimed task, from its start to its end. Only its methods change its fields.
// Each method is called by the executor, unless its comment names another caller.

import type { CapturedLog } from "./task_logger.ts";
import type { NextRun } from "../../schedule/series.ts";
import type { TaskContext } from "../../task/task.ts";

/** The context of the handler, with its log. */
export interface LoggedContext extends TaskContext {
  /** The log lines to store; null for none. */
  takeLog(): CapturedLog | null;
}

/** The occurrence of a series that an attempt runs. */
export interface Occurrence {
  /** The planned instant, in epoch milliseconds of the storage's clock. */
  readonly scheduledAt: number;
  /** The number of missed occurrences that were dropped in favor of this one. */
  readonly skipped: number;
}

/**
 * An attempt. It is `waiting` in line, `running`, or `ended`. After the end, the handler's outcome
 * is ignored.
 */
export class Attempt {
  #phase: "waiting" | "running" | "ended" = "waiting";
  #startedAt = 0;
  #timeoutMs = Infinity;
  #deadlineAt = Infinity;
  #isReported = false;
  #isCancelled = false;
  #occurrence: Occurrence | null = null;
  #context: LoggedContext | null = null;
  #completion: { readonly next: NextRun | null } | null = null;
  #controller: AbortController | null = null;
  #onGivenUp: ((reason: unknown) => void) | null = null;

  get phase(): "waiting" | "running" | "ended" {
    return this.#phase;
  }

  /** The start of the attempt, by the monotonic clock. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** The timeout in milliseconds; Infinity for none. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** The end of the timeout or of the grace period, by the monotonic clock. */
  get deadlineAt(): number {
    return this.#deadlineAt;
  }

  /** Whether `InProgress` is stored or being written. */
  get isReported(): boolean {
    return this.#isReported;
  }

  /** Whether cancellation was requested. A series then ends, even if this run completes. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Null for a one-shot task, and before the attempt has begun. */
  get occurrence(): Occurrence | null {
    return this.#occurrence;
  }

  /** The handler's context; null before the attempt has begun. */
  get context(): LoggedContext | null {
    return this.#context;
  }

  /**
   * The next run that was stored when the handler completed the task in its own transaction; null
   * if the handler did not complete the task.
   */
  get completion(): { readonly next: NextRun | null } | null {
    return this.#completion;
  }

  /**
   * The handler's signal. Created on first use, because most handlers of short tasks never use it.
   */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** The signal's abort reason; undefined if it has not aborted. */
  get abortReason(): unknown {
    return this.#controller?.signal.aborted ? this.#controller.signal.reason : undefined;
  }

  /** Starts the attempt. */
  begin(now: number, context: LoggedContext, occurrence: Occurrence | null): void {
    this.#phase = "running";
    this.#startedAt = now;
    this.#context = context;
    this.#occurrence = occurrence;
  }

  /** Counts the timeout from `now`, because the handler is called later than the attempt began. */
  restart(now: number): void {
    this.#startedAt = now;
  }

  limitTo(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
  }

  /** Asks the handler to stop. Only the first reason counts. */
  abort(reason: Error): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  cancel(): void {
    this.#isCancelled = true;
  }

  /**
   * Returns a promise that rejects with the abort reason when the attempt is given up, because its
   * handler may never end.
   */
  givenUp(): Promise<never> {
    return new Promise((_, reject) => this.#onGivenUp = reject);
  }

  giveUp(): void {
    this.#onGivenUp?.(this.abortReason);
  }

  /** Ends the attempt. Also called by the recorder, for tasks that do not start. */
  end(): void {
    this.#phase = "ended";
  }

  /** Sets the end of the timeout or of the grace period. Called by the watchdog. */
  setDeadline(deadlineAt: number): void {
    this.#deadlineAt = deadlineAt;
  }

  /**
   * Notes that `InProgress` is stored or being written. Called by the watchdog, and by the recorder
   * when it writes `InProgress` itself.
   */
  markReported(): void {
    this.#isReported = true;
  }

  /**
   * Notes that the handler has completed the task in its own transaction. Called by the recorder.
   */
  complete(next: NextRun | null): void {
    this.#completion = { next };
  }
}
