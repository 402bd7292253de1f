// The settings of queues, checked and completed with defaults.

import { checkChoice, checkCount, checkOptions, isPlain } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";
import { parseQueueName } from "./dispatch_options.ts";
import { checkRetryPolicy, type RetryPolicy } from "./retry_policy.ts";

/**
 * What can be set for a queue.
 *
 * Each queue has workers of its own, so that none delays another. Within a queue, higher priorities
 * go first, and within a priority the task that has been due longest: a flood delays only tasks
 * that become due after it. A flood of a higher priority that never ends does starve lower ones;
 * such work belongs in a queue of its own.
 */
export interface QueueOptions {
  /** How many of its tasks this process runs at once. @default 2 × cores, at least 4 */
  readonly parallelism?: number;
  /**
   * How many of its tasks this process holds at most, running ones included. How many it does hold
   * follows the throughput: slow tasks are left for other workers. @default 1000
   */
  readonly capacity?: number;
  /**
   * What happens to a dispatch in this process when its worker holds `capacity` tasks of the queue:
   *
   * - `store`: the task waits in storage; a dispatch never waits for room.
   * - `wait`: the dispatch waits until there is room. In a handler, dispatch by `context.dispatch`,
   *   which does not wait: `everTask.dispatch` may wait for the room that only the end of the
   *   handler gives.
   * - `fallbackToDefault`: the task goes to the queue `default`, whose `whenFull` then applies.
   * - `throw`: the dispatch rejects with `QueueFullError`, and nothing is stored.
   *
   * Only tasks that are due at once count and are counted, and only where a worker runs: a process
   * that has not called `start` only stores its tasks. While older tasks may wait in storage, a
   * tenth of the capacity is kept for them. `dispatchMany` asks once for up to 5,000 tasks, which
   * then wait in storage. @default "store"
   */
  readonly whenFull?: WhenFull;
  /** The timeout of tasks that have none of their own. @default the instance's */
  readonly timeout?: Duration;
  /** The retry policy of tasks that have none of their own. @default the instance's */
  readonly retry?: RetryPolicy;
}

/** See {@linkcode QueueOptions.whenFull}. */
export type WhenFull = "store" | "wait" | "fallbackToDefault" | "throw";

const whenFullChoices: readonly WhenFull[] = ["store", "wait", "fallbackToDefault", "throw"];

/** A queue's settings, complete. */
export interface QueueSettings {
  readonly name: string;
  readonly parallelism: number;
  readonly capacity: number;
  readonly whenFull: WhenFull;
  readonly timeoutMs: number | undefined;
  readonly retry: RetryPolicy | undefined;
}

/** The queues that every instance has. */
export const defaultQueue = "default";
/** Where recurring tasks go that name no queue. */
export const recurringQueue = "recurring";

/**
 * Checks and completes the queues of an instance; `default` and `recurring` are always among them.
 *
 * @param cores Processor cores of the machine; 2 where the runtime does not tell.
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
