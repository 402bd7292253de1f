// Never retrying: what overrides a queue's or the instance's policy.

import type { StorableRetryPolicy } from "../task/retry_policy_data.ts";

/**
 * Never retries: the first failure is final.
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
