// Counts how the tasks end that a test runs, by their events.

import { EverTaskError } from "../../guards/errors.ts";
import type { TaskEvent, TaskEventSource } from "../../events/task_event.ts";

/** A permanently failed task, or a permanently failed run of a series. */
export interface TaskFailure {
  /** The task. */
  readonly taskId: string;
  /** Its type. */
  readonly type: string;
  /** What its handler threw; an error with the stored text where no handler ran. */
  readonly error: unknown;
}

/** What {@linkcode TestEverTask.drain} ran. A task counts once per end or retry. */
export interface DrainResult {
  /** How often a handler was started. */
  readonly attempts: number;
  /** Tasks, and runs of series, that completed. */
  readonly completed: number;
  /** Tasks, and runs of series, that failed permanently. */
  readonly failed: number;
  /** Failed attempts that are retried. */
  readonly retried: number;
  /** Attempts that asked to run again later, by `RetryLater`. */
  readonly later: number;
  /** Tasks that were cancelled. */
  readonly cancelled: number;
  /** The ones that `failed`, in their order. */
  readonly failures: readonly TaskFailure[];
}

/** Counts from now on until it is ended. */
export class DrainTally {
  readonly #counts = { attempts: 0, completed: 0, failed: 0, retried: 0, later: 0, cancelled: 0 };
  readonly #failures: TaskFailure[] = [];
  readonly #errorOf: (taskId: string) => unknown;
  readonly #unsubscribe: () => void;

  /** @param errorOf What the last attempt of a task threw; undefined when that is not known. */
  constructor(events: TaskEventSource, errorOf: (taskId: string) => unknown) {
    this.#errorOf = errorOf;
    this.#unsubscribe = events.subscribe((event) => this.#count(event));
  }

  /** Ends the counting. */
  end(): DrainResult {
    this.#unsubscribe();
    return { ...this.#counts, failures: this.#failures };
  }

  #count(event: TaskEvent): void {
    const counts = this.#counts;
    switch (event.kind) {
      case "started":
        counts.attempts++;
        break;
      case "completed":
      case "cancelled":
        counts[event.kind]++;
        break;
      case "retrying":
        counts[event.exception === null ? "later" : "retried"]++;
        break;
      case "failed":
        counts.failed++;
        this.#failures.push(failureOf(event, this.#errorOf(event.taskId)));
        break;
      default:
        break;
    }
  }
}

/** Returns the failure of an event. */
export function failureOf({ taskId, taskType, exception }: TaskEvent, error: unknown): TaskFailure {
  return { taskId, type: taskType, error: error ?? new EverTaskError(exception ?? "It failed.") };
}
