// Never retrying: what overrides a queue's or the instance's policy.

import type { RetryPolicy } from "./retry_policy.ts";

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
export function noRetry(): RetryPolicy {
  return { nextDelay: () => null };
}
