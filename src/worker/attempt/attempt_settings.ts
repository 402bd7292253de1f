// Determines the timeout and the retry policy of an attempt. Both may be set by the task, the queue
// or the instance; the first one that is set applies. A retry policy of the dispatch takes
// precedence over all three.

import type { Logger } from "../../log/logger.ts";
import type { RetryPolicy } from "../../task/retry_policy.ts";
import { fromStoredPolicy } from "../../retry/stored_policy.ts";
import { toMilliseconds } from "../../time/duration.ts";
import type { Job } from "../job.ts";
import type { QueueSettings } from "../../task/queue_settings.ts";

/** The instance's defaults, which dispatch, task and queue override. */
export interface AttemptDefaults {
  readonly retry: RetryPolicy;
  /** The timeout in milliseconds; Infinity for none. */
  readonly timeoutMs: number;
}

/** Returns the timeout of the task, its queue or the instance, in this order; in milliseconds. */
export function timeoutOf(
  { definition }: Job,
  queue: QueueSettings,
  defaults: AttemptDefaults,
): number {
  if (definition.timeout !== undefined) return toMilliseconds(definition.timeout, "timeout");
  return queue.timeoutMs ?? defaults.timeoutMs;
}

/**
 * Returns the retry policy of the dispatch, the task's definition, its queue or the instance, in
 * this order. The stored policy of a dispatch is parsed only here, because tasks that do not fail
 * do not need it.
 */
export function retryPolicyOf(
  { definition, task }: Job,
  queue: QueueSettings,
  defaults: AttemptDefaults,
  logger: Logger,
): RetryPolicy {
  if (task.retryPolicy !== null) {
    try {
      return fromStoredPolicy(task.retryPolicy);
    } catch (error) {
      logger.error(
        "The stored retry policy of task {taskId} ({taskType}) cannot be read; that of its definition, " +
          "its queue or the instance applies: {error}",
        { taskId: task.id, taskType: task.type, error },
      );
    }
  }
  return definition.retry ?? queue.retry ?? defaults.retry;
}
