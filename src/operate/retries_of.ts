// Determines the maximum number of retries of a task, if this process knows its policy.

import { fromStoredPolicy } from "../retry/stored_policy.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { QueueSettings } from "../task/queue_settings.ts";
import type { RetryPolicy } from "../task/retry_policy.ts";
import type { StorableRetryPolicy } from "../task/retry_policy_data.ts";
import type { AnyTask } from "../task/task.ts";

/** The retry policies of this process. */
export interface KnownPolicies {
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly queues: ReadonlyMap<string, QueueSettings>;
  /** The policy if neither dispatch, task nor queue has one. */
  readonly retry: RetryPolicy;
}

/**
 * Returns the maximum number of retries of a task's policy.
 *
 * @returns The number; null if this process does not have the task or its queue, or if the policy
 * is custom.
 */
export function retriesOf(
  { definitions, queues, retry }: KnownPolicies,
  { type, queue, retryPolicy }: Pick<TaskRecord, "type" | "queue" | "retryPolicy">,
): number | null {
  if (retryPolicy !== null) return retriesOfStored(retryPolicy);
  const definition = definitions.get(type);
  const settings = queues.get(queue);
  if (definition === undefined || settings === undefined) return null;
  return retriesOfPolicy(definition.retry ?? settings.retry ?? retry);
}

function retriesOfStored(text: string): number | null {
  try {
    return retriesOfPolicy(fromStoredPolicy(text));
  } catch {
    return null; // written by another version
  }
}

function retriesOfPolicy(policy: RetryPolicy): number | null {
  const storable = policy as Partial<StorableRetryPolicy>;
  if (typeof storable.toJSON !== "function") return null;
  try {
    const data = storable.toJSON();
    const retries = data.kind === "none" ? 0 : data.retries;
    return Number.isInteger(retries) ? retries : null;
  } catch {
    return null; // a policy with filters that cannot be stored
  }
}
