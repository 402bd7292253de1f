// Stores the retry policies of dispatches as JSON, and restores them in a worker.

import { checkNames, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import { TimeoutError } from "../task/abort_reasons.ts";
import type { RetryPolicy } from "../task/retry_policy.ts";
import type {
  FilterName,
  RetryPolicyData,
  StorableRetryPolicy,
} from "../task/retry_policy_data.ts";
import { exponentialRetry } from "./exponential_retry.ts";
import type { FilterableRetryPolicy } from "./filterable_policy.ts";
import { linearRetry } from "./linear_retry.ts";
import { noRetry } from "./no_retry.ts";

/** The properties of each kind of policy. */
const members: {
  readonly [Kind in RetryPolicyData["kind"]]: OptionNames<
    Extract<RetryPolicyData, { readonly kind: Kind }>
  >;
} = {
  none: { kind: true },
  linear: { kind: true, retries: true, delaysMs: true, handle: true },
  exponential: {
    kind: true,
    retries: true,
    baseMs: true,
    factor: true,
    maxMs: true,
    jitter: true,
    handle: true,
  },
};

const filters: Readonly<
  Record<FilterName, (policy: FilterableRetryPolicy) => FilterableRetryPolicy>
> = {
  transientNetworkErrors: (policy) => policy.handleTransientNetworkErrors(),
  transientDatabaseErrors: (policy) => policy.handleTransientDatabaseErrors(),
  timeouts: (policy) => policy.handle(TimeoutError),
};

/**
 * Encodes a policy as JSON.
 *
 * @throws {InvalidArgumentError} If the policy contains functions or classes, which cannot be
 * stored.
 */
export function toStoredPolicy(policy: StorableRetryPolicy, argument: string): string {
  const custom = policy as unknown as Partial<StorableRetryPolicy> | null;
  if (typeof custom?.toJSON !== "function") {
    const remedy = "be made by linearRetry, exponentialRetry or noRetry: it is stored with the " +
      "task, and functions cannot be stored. Set a policy of your own on the task's definition, " +
      "on its queue or on createEverTask";
    throw new InvalidArgumentError(argument, policy, remedy);
  }
  const text = JSON.stringify(custom.toJSON());
  fromStoredPolicy(text);
  return text;
}

/**
 * Decodes a stored policy.
 *
 * @throws {InvalidArgumentError} If this version does not understand the data.
 */
export function fromStoredPolicy(text: string): RetryPolicy {
  const data: RetryPolicyData = parse(text);
  switch (data.kind) {
    case "none":
      return noRetry();
    case "linear":
      return filtered(linearRetry(data.retries, data.delaysMs), data.handle);
    case "exponential": {
      const { retries, baseMs: base, factor, maxMs: max, jitter } = data;
      return filtered(exponentialRetry({ retries, base, factor, max, jitter }), data.handle);
    }
  }
}

function parse(text: string): RetryPolicyData {
  let data: { readonly kind?: RetryPolicyData["kind"] } | null;
  try {
    data = JSON.parse(text);
  } catch {
    data = null;
  }
  const kind = data?.kind;
  if (data === null || kind === undefined || !Object.hasOwn(members, kind)) {
    const remedy = `be JSON with a kind of ${Object.keys(members).join(", ")}`;
    throw new InvalidArgumentError("the stored retry policy", text, remedy);
  }
  checkOptions(data, members[kind], "the stored retry policy");
  return data as RetryPolicyData;
}

function filtered(
  policy: FilterableRetryPolicy,
  names: readonly FilterName[] = [],
): FilterableRetryPolicy {
  checkNames(names, Object.keys(filters), "handle of the stored retry policy");
  return names.reduce((filtered, name) => filters[name](filtered), policy);
}
