// What keeps a test from running for ever: how many attempts it may make, and for how long nothing
// may happen.

import { EverTaskError } from "../../guards/errors.ts";
import type { TaskRecord } from "../../storage/records.ts";

/** Tasks keep coming: more attempts were made than a test is thought to need. */
export class TooManyAttemptsError extends EverTaskError {
  /** `TooManyAttemptsError` */
  override name = "TooManyAttemptsError";

  /**
   * Tells which tasks they were.
   *
   * @param maxAttempts How many attempts were allowed.
   * @param byType How many there were of each type of task.
   */
  constructor(maxAttempts: number, byType: ReadonlyMap<string, number>) {
    const types = [...byType].map(([type, count]) => `"${type}" (${count})`).join(", ");
    super(
      `After ${maxAttempts} attempts there are still tasks to run: ${types}. A task may dispatch itself for ever, a retry ` +
        "policy may have no end, or a series has none: give drain() an `advance`, or a larger `maxAttempts`.",
    );
  }
}

/** Nothing has happened for a long time, and yet a task is running or due. */
export class StalledError extends EverTaskError {
  /** `StalledError` */
  override name = "StalledError";

  /**
   * Tells which tasks they are.
   *
   * @param stalledAfterMs For how long nothing has happened, in milliseconds.
   * @param tasks The tasks that are running or due.
   */
  constructor(stalledAfterMs: number, tasks: readonly TaskRecord[]) {
    const list = tasks.map(({ id, type, workerId }) =>
      `"${type}" (${id}, ${workerId === null ? "due" : "running"})`
    );
    super(
      `No task has ended for ${stalledAfterMs} ms, but there are: ${
        list.join(", ")
      }. A handler or a hook may wait for what does ` +
        "not come in the test (a fake clock stands still unless the test advances it meanwhile), ignore its signal, or need a " +
        "larger `stalledAfter`.",
    );
  }
}

/** The limits of a run of tasks. */
export class RunLimits {
  /** For how long nothing may happen, in milliseconds of real time. */
  readonly stalledAfterMs: number;
  readonly #maxAttempts: number;
  readonly #byType = new Map<string, number>();
  #attempts = 0;

  /**
   * Sets limits.
   *
   * @param maxAttempts How many attempts may be made.
   * @param stalledAfterMs For how long nothing may happen, in milliseconds of real time.
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
