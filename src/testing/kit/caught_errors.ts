// Keeps the errors that handlers throw, for tests. Storage and events have only the texts of
// errors.

import type { Instrumentation } from "../../instrumentation/instrumentation.ts";

/** The errors that the handlers of a test instance have thrown. */
export class CaughtErrors {
  readonly #errors = new Map<string, unknown>();
  readonly #onAttempt: (type: string) => void;

  /** @param onAttempt Called with the type of each task whose handler is about to run. */
  constructor(onAttempt: (type: string) => void) {
    this.#onAttempt = onAttempt;
  }

  /**
   * Returns the error of the last attempt of a task; undefined if no handler ran or the handler did
   * not throw.
   */
  of(taskId: string): unknown {
    return this.#errors.get(taskId);
  }

  /** Returns the instrumentation that collects the errors. */
  watch(): Instrumentation {
    return {
      dispatch: (_, store) => store(null),
      run: async (task, execute) => {
        this.#onAttempt(task.type);
        this.#errors.delete(task.taskId);
        try {
          return await execute();
        } catch (error) {
          this.#errors.set(task.taskId, error);
          throw error;
        }
      },
    };
  }
}
