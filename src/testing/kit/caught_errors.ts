// Keeps what handlers throw: storage and events know errors as texts alone, and a test wants the
// error itself.

import type { Instrumentation } from "../../instrumentation/instrumentation.ts";

/** What the handlers of a test instance have thrown. */
export class CaughtErrors {
  readonly #errors = new Map<string, unknown>();
  readonly #onAttempt: (type: string) => void;

  /** @param onAttempt Called with the type of each task whose handler is about to run. */
  constructor(onAttempt: (type: string) => void) {
    this.#onAttempt = onAttempt;
  }

  /** What the last attempt of a task threw; undefined when it did not throw, or no handler ran. */
  of(taskId: string): unknown {
    return this.#errors.get(taskId);
  }

  /** Watches executions. */
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
