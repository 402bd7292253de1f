// Tests the number of a task's retries, as far as a process knows the policy.

import { assertEquals } from "@std/assert";
import {
  type AnyTask,
  defineTask,
  exponentialRetry,
  linearRetry,
  noRetry,
  type RetryPolicy,
} from "../../mod.ts";
import { retriesOf } from "../../src/operate/retries_of.ts";
import { parseQueues } from "../../src/task/queue_settings.ts";

const own: RetryPolicy = { nextDelay: () => null };
const broken = { nextDelay: () => null, toJSON: () => ({ retries: "many" }) } as RetryPolicy;

const policies: [what: string, retry: RetryPolicy | undefined, retries: number | null][] = [
  ["a policy without retries", noRetry(), 0],
  ["a linear policy", linearRetry(4, 500), 4],
  ["an exponential policy", exponentialRetry({ retries: 6 }), 6],
  ["a policy with a preset of errors", linearRetry(2, 1).handleTransientNetworkErrors(), 2],
  ["a policy with classes, which cannot be stored", linearRetry(2, 1).handle(RangeError), null],
  ["a policy of the application", own, null],
  ["a policy with invalid data", broken, null],
];

const ofType = (retry?: RetryPolicy): ReadonlyMap<string, AnyTask> => {
  const settings = retry === undefined ? {} : { retry };
  return new Map([["email", defineTask<null>({ type: "email", ...settings, handle() {} })]]);
};
const ofQueue = (retry?: RetryPolicy) =>
  parseQueues(retry === undefined ? {} : { default: { retry } }, 2);
const email = { type: "email", queue: "default", retryPolicy: null };

for (const [what, retry, retries] of policies) {
  Deno.test(`retriesOf() is ${retries} for ${what}`, () => {
    const known = { definitions: ofType(retry), queues: ofQueue(), retry: linearRetry(9, 1) };
    assertEquals(retriesOf(known, email), retries);
  });
}

const stored = JSON.stringify(linearRetry(1, 1).toJSON());

const places: [what: string, ...Parameters<typeof retriesOf>, retries: number | null][] = [
  ["the policy of the dispatch comes before all others", known(2, 3), {
    ...email,
    retryPolicy: stored,
  }, 1],
  ["the policy of the dispatch is enough for an unknown type", known(2, 3), {
    type: "report",
    queue: "mails",
    retryPolicy: stored,
  }, 1],
  ["the policy of the task comes before that of its queue", known(2, 3), email, 2],
  ["the policy of the queue comes before that of the instance", known(undefined, 3), email, 3],
  ["the policy of the instance comes last", known(), email, 4],
  ["the number is unknown for an unknown type", known(), { ...email, type: "report" }, null],
  ["the number is unknown for an unknown queue", known(), { ...email, queue: "mails" }, null],
  ["the number is unknown for a stored policy of an unknown kind", known(2), {
    ...email,
    retryPolicy: '{"kind":"lunar"}',
  }, null],
];

function known(task?: number, queue?: number): Parameters<typeof retriesOf>[0] {
  const policy = (retries?: number) => retries === undefined ? undefined : linearRetry(retries, 1);
  return {
    definitions: ofType(policy(task)),
    queues: ofQueue(policy(queue)),
    retry: linearRetry(4, 1),
  };
}

for (const [what, policiesKnown, task, retries] of places) {
  Deno.test(`retriesOf(): ${what}`, () => {
    assertEquals(retriesOf(policiesKnown, task), retries);
  });
}
