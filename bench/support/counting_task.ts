// A task that only counts its runs.

import { defineTask, type RateLimitOptions, type Task } from "@evertask/evertask";

/** The payload of a counted task: its number, and some text, like a real payload. */
export interface CountedPayload {
  readonly index: number;
  readonly text: string;
}

/** Makes the payload of a task. */
export function countedPayload(index: number): CountedPayload {
  return { index, text: "Some forty characters of text for a task." };
}

/** Counts handlers until a number of tasks have been run. */
export class CountingTask {
  readonly task: Task<CountedPayload>;
  readonly #all: PromiseWithResolvers<void> = Promise.withResolvers();
  #count = 0;

  /** @param rateLimit The rate limit of the task. @default none */
  constructor(expected: number, rateLimit?: RateLimitOptions<CountedPayload>) {
    this.task = defineTask<CountedPayload>({
      type: "counted",
      ...(rateLimit && { rateLimit }),
      handle: () => {
        if (++this.#count === expected) this.#all.resolve();
      },
    });
  }

  /** The number of calls of the handler. */
  get count(): number {
    return this.#count;
  }

  /** Resolves when the last handler has been called. */
  allStarted(): Promise<void> {
    return this.#all.promise;
  }
}
