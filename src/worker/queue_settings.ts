// The settings of queues: what a user passes, checked and completed.

import { parseQueueName } from "../dispatch/dispatch_options.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { RetryPolicy } from "../retry/retry_policy.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";

/** What can be set for a queue. */
export interface QueueOptions {
  /** How many of its tasks this process runs at once. @default 2 × cores, at least 4 */
  readonly parallelism?: number;
  /**
   * How many of its tasks this process holds at most, running ones included. How many it does hold follows the throughput:
   * slow tasks are left for other workers. @default 1000
   */
  readonly capacity?: number;
  /** The timeout of tasks that have none of their own. @default the instance's */
  readonly timeout?: Duration;
  /** The retry policy of tasks that have none of their own. @default the instance's */
  readonly retry?: RetryPolicy;
}

/** A queue's settings, complete. */
export interface QueueSettings {
  readonly name: string;
  readonly parallelism: number;
  readonly capacity: number;
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
  const all = { [defaultQueue]: {}, [recurringQueue]: {}, ...queues };
  const parallelism = Math.max(4, 2 * cores);
  return new Map(
    Object.entries(all).map(([name, options]) => [
      parseQueueName(name, "queues"),
      parseQueue(name, options, parallelism),
    ]),
  );
}

function parseQueue(
  name: string,
  options: QueueOptions,
  defaultParallelism: number,
): QueueSettings {
  const where = `queues.${name}`;
  const parallelism = options.parallelism ?? defaultParallelism;
  parseCount(parallelism, `${where}.parallelism`);
  const capacity = options.capacity ?? Math.max(1000, parallelism);
  parseCount(capacity, `${where}.capacity`);
  if (capacity < parallelism) {
    throw new InvalidArgumentError(
      `${where}.capacity`,
      capacity,
      `be at least the parallelism, ${parallelism}`,
    );
  }
  return {
    name,
    parallelism,
    capacity,
    timeoutMs: options.timeout === undefined
      ? undefined
      : toMilliseconds(options.timeout, `${where}.timeout`),
    retry: options.retry,
  };
}

function parseCount(value: number, argument: string): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError(argument, value, "be an integer of at least 1");
  }
}
