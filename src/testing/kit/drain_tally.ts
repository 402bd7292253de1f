// Counts the outcomes of the tasks that a test runs. The counts come from the events of the tasks.

import { EverTaskError } from "../../guards/errors.ts";
import type { TaskEvent, TaskEventSource } from "../../events/task_event.ts";

/** A permanently failed task, or a permanently failed run of a series. */
export interface TaskFailure {
  /** The task's id. */
  readonly taskId: string;
  /** The task's type. */
  readonly type: string;
  /** The error that its handler threw, or an error with the stored text if no handler ran. */
  readonly error: unknown;
}

/**
 * The result of {@linkcode TestEverTask.drain}. Each retry, and each end of a task or of a run of a
 * series, counts once.
 */
export interface DrainResult {
  /** The number of started attempts. */
  readonly attempts: number;
  /** The number of completed tasks and runs of series. */
  readonly completed: number;
  /** The number of permanently failed tasks and runs of series. */
  readonly failed: number;
  /** The number of failed attempts that are retried. */
  readonly retried: number;
  /** The number of attempts that threw `RetryLater`. */
  readonly later: number;
  /** The number of cancelled tasks. */
  readonly cancelled: number;
  /** The permanent failures, in order. */
  readonly failures: readonly TaskFailure[];
}

/** Counts from its creation until `end`. */
export class DrainTally {
  readonly #counts = { attempts: 0, completed: 0, failed: 0, retried: 0, later: 0, cancelled: 0 };
  readonly #failures: TaskFailure[] = [];
  readonly #errorOf: (taskId: string) => unknown;
  readonly #unsubscribe: () => void;

  /** @param errorOf Returns the error of the last attempt of a task; undefined if it is unknown. */
  constructor(events: TaskEventSource, errorOf: (taskId: string) => unknown) {
    this.#errorOf = errorOf;
    this.#unsubscribe = events.subscribe((event) => this.#count(event));
  }

  /** Stops counting, and returns the result. */
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

/** Creates the failure that a `failed` event reports. */
export function failureOf({ taskId, taskType, exception }: TaskEvent, error: unknown): TaskFailure {
  return { taskId, type: taskType, error: error ?? new EverTaskError(exception ?? "It failed.") };
}
