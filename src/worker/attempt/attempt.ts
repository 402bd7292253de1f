// One attempt at a claimed task, from its start to its end. Its fields change by its methods alone;
// each method names its one caller where the caller is not the executor.

import type { CapturedLog } from "./task_logger.ts";
import type { NextRun } from "../../schedule/series.ts";
import type { TaskContext } from "../../task/task.ts";

/** The context of the handler, with its log. */
export interface LoggedContext extends TaskContext {
  /** The log lines to store; null for none. */
  takeLog(): CapturedLog | null;
}

/** Which occurrence of its series an attempt is. */
export interface Occurrence {
  /** The planned instant; epoch milliseconds of the storage's clock. */
  readonly scheduledAt: number;
  /** How many missed occurrences this one replaces; they are dropped. */
  readonly skipped: number;
}

/**
 * An attempt: `waiting` in line, `running`, or `ended` (what the handler still does is ignored).
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

  /** When it started, by the monotonic clock. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Milliseconds; Infinity: none. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** When its timeout or its grace period ends, by the monotonic clock. */
  get deadlineAt(): number {
    return this.#deadlineAt;
  }

  /** Whether `InProgress` is stored or on its way. */
  get isReported(): boolean {
    return this.#isReported;
  }

  /** Whether its cancellation was requested: a series then ends, even if this run completes. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Null for a one-shot task, and before the attempt has begun. */
  get occurrence(): Occurrence | null {
    return this.#occurrence;
  }

  /** What the handler was given; null before the attempt has begun. */
  get context(): LoggedContext | null {
    return this.#context;
  }

  /**
   * The next run that was stored when the handler completed the task in its own transaction; null
   * when it did not.
   */
  get completion(): { readonly next: NextRun | null } | null {
    return this.#completion;
  }

  /** Made on first use: most handlers of short tasks never use it. */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** Why the signal aborted; undefined when it has not. */
  get abortReason(): unknown {
    return this.#controller?.signal.aborted ? this.#controller.signal.reason : undefined;
  }

  /** The attempt starts. */
  begin(now: number, context: LoggedContext, occurrence: Occurrence | null): void {
    this.#phase = "running";
    this.#startedAt = now;
    this.#context = context;
    this.#occurrence = occurrence;
  }

  /** The handler is called later than the attempt began: its time runs from here. */
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

  /** Rejects with the abort reason when the attempt is given up; its handler may never end. */
  givenUp(): Promise<never> {
    return new Promise((_, reject) => this.#onGivenUp = reject);
  }

  giveUp(): void {
    this.#onGivenUp?.(this.abortReason);
  }

  /** Nothing counts any more. Also called by the recorder, for tasks that do not start. */
  end(): void {
    this.#phase = "ended";
  }

  /** Called by the watchdog. */
  setDeadline(deadlineAt: number): void {
    this.#deadlineAt = deadlineAt;
  }

  /** Called by the watchdog, and by the recorder when it writes on its own. */
  markReported(): void {
    this.#isReported = true;
  }

  /** Called by the recorder: the handler has completed the task in a transaction of its own. */
  complete(next: NextRun | null): void {
    this.#completion = { next };
  }
}
