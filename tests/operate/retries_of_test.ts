// Tests the number of a task's retries that a process can determine.

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
  ["none", noRetry(), 0],
  ["a linear one", linearRetry(4, 500), 4],
  ["an exponential one", exponentialRetry({ retries: 6 }), 6],
  ["one that names its errors", linearRetry(2, 1).handleTransientNetworkErrors(), 2],
  ["one of classes, which cannot be written", linearRetry(2, 1).handle(RangeError), null],
  ["the application's own", own, null],
  ["one whose data are wrong", broken, null],
];

const ofType = (retry?: RetryPolicy): ReadonlyMap<string, AnyTask> => {
  const settings = retry === undefined ? {} : { retry };
  return new Map([["email", defineTask<null>({ type: "email", ...settings, handle() {} })]]);
};
const ofQueue = (retry?: RetryPolicy) =>
  parseQueues(retry === undefined ? {} : { default: { retry } }, 2);
const email = { type: "email", queue: "default", retryPolicy: null };

for (const [what, retry, retries] of policies) {
  Deno.test(`retries of ${what} policy are ${retries}`, () => {
    const known = { definitions: ofType(retry), queues: ofQueue(), retry: linearRetry(9, 1) };
    assertEquals(retriesOf(known, email), retries);
  });
}

const stored = JSON.stringify(linearRetry(1, 1).toJSON());

const places: [what: string, ...Parameters<typeof retriesOf>, retries: number | null][] = [
  ["the dispatch, before all others", known(2, 3), { ...email, retryPolicy: stored }, 1],
  ["the dispatch of a type that is not known here", known(2, 3), {
    type: "report",
    queue: "mails",
    retryPolicy: stored,
  }, 1],
  ["the task, before its queue", known(2, 3), email, 2],
  ["the queue, before the instance", known(undefined, 3), email, 3],
  ["the instance", known(), email, 4],
  ["unknown, for an unknown type", known(), { ...email, type: "report" }, null],
  ["unknown, for an unknown queue", known(), { ...email, queue: "mails" }, null],
  ["unknown, for a stored policy of another version", known(2), {
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
  Deno.test(`retries are those of ${what}`, () => {
    assertEquals(retriesOf(policiesKnown, task), retries);
  });
}
