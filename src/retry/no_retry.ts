// A policy that never retries, to override the policy of a queue or of the instance.

import type { StorableRetryPolicy } from "../task/retry_policy_data.ts";

/**
 * Returns a policy that never retries: the first failure is final.
 *
 * @example
 * ```ts
 * import { defineTask, noRetry } from "@evertask/evertask";
 *
 * defineTask({ type: "charge-card", retry: noRetry(), handle() {} });
 * ```
 */
export function noRetry(): StorableRetryPolicy {
  return { nextDelay: () => null, toJSON: () => ({ kind: "none" }) };
}
