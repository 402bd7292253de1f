// The limits of a test: the number of attempts, and the time without any write.

import { EverTaskError } from "../../guards/errors.ts";
import type { TaskRecord } from "../../storage/records.ts";

/** More than `maxAttempts` attempts were made, so the tasks probably never end. */
export class TooManyAttemptsError extends EverTaskError {
  /** `TooManyAttemptsError` */
  override name = "TooManyAttemptsError";

  /**
   * Creates the error.
   *
   * @param maxAttempts The allowed number of attempts.
   * @param byType The number of attempts by task type.
   */
  constructor(maxAttempts: number, byType: ReadonlyMap<string, number>) {
    const types = [...byType].map(([type, count]) => `"${type}" (${count})`).join(", ");
    super(
      `After ${maxAttempts} attempts there are still tasks to run: ${types}. A task may dispatch itself for ever, a retry ` +
        "policy may have no end, or a series has none: give drain() an `advance`, or a larger `maxAttempts`.",
    );
  }
}

/** Nothing was written for a long time, although a task is running or due. */
export class StalledError extends EverTaskError {
  /** `StalledError` */
  override name = "StalledError";

  /**
   * Creates the error.
   *
   * @param stalledAfterMs The time without a write, in milliseconds.
   * @param tasks The tasks that are running or due.
   */
  constructor(stalledAfterMs: number, tasks: readonly TaskRecord[]) {
    const list = tasks.map(({ id, type, workerId }) =>
      `"${type}" (${id}, ${workerId === null ? "due" : "running"})`
    );
    super(
      `Nothing was written for ${stalledAfterMs} ms, but tasks are running or due: ${
        list.join(", ")
      }. A handler or a hook may wait for something that ` +
        "does not happen in the test (a fake clock stands still unless the test advances it meanwhile), ignore its signal, or need a " +
        "larger `stalledAfter`.",
    );
  }
}

/** The limits of a run of tasks. */
export class RunLimits {
  /** The maximum time without a write, in milliseconds of real time. */
  readonly stalledAfterMs: number;
  readonly #maxAttempts: number;
  readonly #byType = new Map<string, number>();
  #attempts = 0;

  /**
   * Creates limits.
   *
   * @param maxAttempts The maximum number of attempts.
   * @param stalledAfterMs The maximum time without a write, in milliseconds of real time.
   */
  constructor(maxAttempts: number, stalledAfterMs: number) {
    this.#maxAttempts = maxAttempts;
    this.stalledAfterMs = stalledAfterMs;
  }

  /** Counts an attempt. */
  count(type: string): void {
    this.#attempts++;
    this.#byType.set(type, (this.#byType.get(type) ?? 0) + 1);
  }

  /** @throws {TooManyAttemptsError} If there were too many attempts. */
  check(): void {
    if (this.#attempts > this.#maxAttempts) {
      throw new TooManyAttemptsError(this.#maxAttempts, this.#byType);
    }
  }
}
