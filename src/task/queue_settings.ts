// The settings of queues, checked and completed with defaults.

import { checkChoice, checkCount, checkOptions, isPlain } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";
import { parseQueueName } from "./dispatch_options.ts";
import { checkRetryPolicy, type RetryPolicy } from "./retry_policy.ts";

/**
 * The options of a queue.
 *
 * Each queue has its own slots, so no queue delays another. Within a queue, tasks of higher
 * priority start first, and within a priority the task that has been due longest. A burst of tasks
 * therefore delays only tasks that become due later. An endless stream of tasks of a higher
 * priority starves tasks of lower priorities; use a separate queue for such a stream.
 */
export interface QueueOptions {
  /**
   * The maximum number of tasks of the queue that this process runs concurrently.
   * @default 2 × cores, at least 4
   */
  readonly parallelism?: number;
  /**
   * The maximum number of tasks of the queue that this process holds, including running ones. The
   * actual number depends on the throughput, so slow tasks are left for other workers.
   * @default 1000, or `parallelism` if that is larger
   */
  readonly capacity?: number;
  /**
   * The effect of a dispatch in this process while its worker holds `capacity` tasks of the queue:
   *
   * - `store`: the task waits in storage. A dispatch never waits for room.
   * - `wait`: the dispatch waits until there is room. In a handler, use `context.dispatch`, which
   *   does not wait: `everTask.dispatch` might wait for room that only the end of the handler
   *   frees.
   * - `fallbackToDefault`: the task goes to the queue `default`, whose `whenFull` then applies.
   * - `throw`: the dispatch rejects with `QueueFullError`, and nothing is stored.
   *
   * The option affects only tasks that are due at once, and only a process with a worker: a process
   * that has not called `start` only stores its tasks. While older tasks may wait in storage, a
   * tenth of the capacity is reserved for them. `dispatchMany` applies the option once for
   * each write of up to 5,000 tasks; the tasks always wait in storage.
   * @default "store"
   */
  readonly whenFull?: WhenFull;
  /** The timeout of tasks without one. @default the instance's */
  readonly timeout?: Duration;
  /** The retry policy of tasks without one. @default the instance's */
  readonly retry?: RetryPolicy;
}

/** See {@linkcode QueueOptions.whenFull}. */
export type WhenFull = "store" | "wait" | "fallbackToDefault" | "throw";

const whenFullChoices: readonly WhenFull[] = ["store", "wait", "fallbackToDefault", "throw"];

/** A queue's settings, completed with defaults. */
export interface QueueSettings {
  readonly name: string;
  readonly parallelism: number;
  readonly capacity: number;
  readonly whenFull: WhenFull;
  readonly timeoutMs: number | undefined;
  readonly retry: RetryPolicy | undefined;
}

/** The queue of one-shot tasks that name none, and of tasks that name an unknown queue. */
export const defaultQueue = "default";
/** The queue of recurring tasks that name none. */
export const recurringQueue = "recurring";

/**
 * Checks and completes the queues of an instance; `default` and `recurring` are always among them.
 *
 * @param cores The number of processor cores of the machine; 2 if the runtime does not provide it.
 * @throws {InvalidArgumentError} If a name or a number is invalid.
 */
export function parseQueues(
  queues: Readonly<Record<string, QueueOptions>>,
  cores: number,
): ReadonlyMap<string, QueueSettings> {
  if (!isPlain(queues)) {
    const remedy = "be an object of settings by queue, such as { email: { parallelism: 10 } }";
    throw new InvalidArgumentError("queues", queues, remedy);
  }
  const all = { [defaultQueue]: {}, [recurringQueue]: {}, ...queues };
  const parallelism = Math.max(4, 2 * cores);
  return new Map(
    Object.entries(all).map(([name, options]) => [
      parseQueueName(name, "queues"),
      parseQueue(name, options, parallelism),
    ]),
  );
}

const optionNames: OptionNames<QueueOptions> = {
  parallelism: true,
  capacity: true,
  whenFull: true,
  timeout: true,
  retry: true,
};

function parseQueue(
  name: string,
  options: QueueOptions,
  defaultParallelism: number,
): QueueSettings {
  const where = `queues.${name}`;
  checkOptions(options, optionNames, where);
  const { parallelism = defaultParallelism } = options;
  checkCount(parallelism, `${where}.parallelism`);
  const { capacity = Math.max(1000, parallelism) } = options;
  checkCount(capacity, `${where}.capacity`);
  if (capacity < parallelism) {
    throw new InvalidArgumentError(
      `${where}.capacity`,
      capacity,
      `be at least the parallelism, ${parallelism}`,
    );
  }
  const { whenFull = "store" } = options;
  checkChoice(whenFull, whenFullChoices, `${where}.whenFull`);
  if (name === defaultQueue && whenFull === "fallbackToDefault") {
    const remedy = 'be "store", "wait" or "throw": this is the queue that others fall back to';
    throw new InvalidArgumentError(`${where}.whenFull`, whenFull, remedy);
  }
  if (options.retry !== undefined) checkRetryPolicy(options.retry, `${where}.retry`);
  return {
    name,
    parallelism,
    capacity,
    whenFull,
    timeoutMs: options.timeout === undefined
      ? undefined
      : toMilliseconds(options.timeout, `${where}.timeout`),
    retry: options.retry,
  };
}
