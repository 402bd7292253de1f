// The timeout and the retry policy of an attempt: those of the dispatch, the task, the queue or the
// instance, in that order.

import type { Logger } from "../../log/logger.ts";
import type { RetryPolicy } from "../../task/retry_policy.ts";
import { fromStoredPolicy } from "../../retry/stored_policy.ts";
import { toMilliseconds } from "../../time/duration.ts";
import type { Job } from "../job.ts";
import type { QueueSettings } from "../../task/queue_settings.ts";

/** The defaults of attempts, unless their dispatch, task or queue overrides them. */
export interface AttemptDefaults {
  readonly retry: RetryPolicy;
  /** Milliseconds; Infinity: none. */
  readonly timeoutMs: number;
}

/** The task's timeout, then its queue's, then the instance's; in milliseconds. */
export function timeoutOf(
  { definition }: Job,
  queue: QueueSettings,
  defaults: AttemptDefaults,
): number {
  if (definition.timeout !== undefined) return toMilliseconds(definition.timeout, "timeout");
  return queue.timeoutMs ?? defaults.timeoutMs;
}

/**
 * The retry policy that the task was dispatched with, then that of its definition, its queue, the
 * instance. A stored one is read only now: tasks that do not fail do not need it.
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
        "The retry policy that task {taskId} ({taskType}) was dispatched with cannot be read; its " +
          "definition's, its queue's or the instance's holds: {error}",
        { taskId: task.id, taskType: task.type, error },
      );
    }
  }
  return definition.retry ?? queue.retry ?? defaults.retry;
}
