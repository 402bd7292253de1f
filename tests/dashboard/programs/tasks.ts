// The tasks of the tests of the dashboard's actions.

import { z } from "zod";
import { defineTask, noRetry } from "../../../mod.ts";

/** The payload of {@linkcode charge}. */
const schema = z.object({
  order: z.int("must be an integer"),
  /** Whether the handler throws. */
  fails: z.boolean().optional(),
  lines: z.array(z.object({ "unit price": z.number("must be a number") })).optional(),
});

/** Fails if `fails` is set in its payload. */
export const charge = defineTask({
  type: "charge-card",
  payload: schema,
  queue: "payments",
  retry: noRetry(),
  handle({ order, fails = false }) {
    if (fails) throw new Error(`The gateway refused order ${order}.`);
  },
});

/** Runs until it is cancelled. */
export const wait = defineTask<null>({
  type: "wait",
  retry: noRetry(),
  async handle(_, { signal }) {
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve());
    await aborted.promise;
    signal.throwIfAborted();
  },
});

/** Does nothing. */
export const report = defineTask<null>({ type: "report", retry: noRetry(), handle() {} });

/** Runs at most once a minute for each customer. The payload is the customer. */
export const mail = defineTask<string>({
  type: "mail",
  rateLimit: { permits: 1, period: { minutes: 1 }, key: (customer) => customer },
  handle() {},
});

/** All tasks. */
export const tasks = [charge, wait, report, mail];

/** The queues of the worker process. */
export const queues = { default: {}, payments: {}, recurring: {} };
