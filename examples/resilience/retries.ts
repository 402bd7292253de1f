// Retries with growing delays and jitter, only for transient errors, and the errors with which a
// handler controls retries.

import {
  createEverTask,
  defineTask,
  exponentialRetry,
  linearRetry,
  NonRetryableError,
  RetryLater,
  TimeoutError,
} from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";

const fetchPage = defineTask<{ url: string }>({
  type: "fetch-page",
  retry: exponentialRetry({ retries: 4, base: 20, max: { seconds: 1 } })
    .handleTransientNetworkErrors()
    .handle(TimeoutError), // timeouts are retried only if the policy includes them
  timeout: { seconds: 10 },
  async handle({ url }, { attempt, signal }) {
    if (attempt < 3) await fetch("http://127.0.0.1:9/", { signal }); // no server listens there
    console.log(`fetched ${url} at attempt ${attempt}`);
  },
  onRetry: (_context, attempt, error, delayMs) =>
    console.log(`attempt ${attempt} failed (${(error as Error).name}), next one in ${delayMs} ms`),
});

const charge = defineTask<{ card: string }>({
  type: "charge-card",
  retry: linearRetry(3, [10, 20, 50]),
  handle({ card }, { attempt }) {
    // Counts neither as a failure nor as a retry: the bank is closed until later.
    if (attempt === 1 && opensIn > 0) throw new RetryLater(opensIn--, "the bank is closed");
    // A retry is useless, regardless of the policy.
    throw new NonRetryableError(`card ${card} has expired`);
  },
});
let opensIn = 2;

const everTask = createEverTask({ storage: memoryStorage(), tasks: [fetchPage, charge] });
const ended = Promise.withResolvers<void>();
const endings: string[] = [];
everTask.events.subscribe((event) => {
  endings.push(`${event.taskType}: ${event.kind}`);
  if (endings.length === 3) ended.resolve();
}, { kinds: ["completed", "failed"] });

await everTask.start();
await everTask.dispatch(fetchPage, { url: "https://example.org/" });
await everTask.dispatch(charge, { card: "4711" });
// A policy only for this task. It is stored with the task, and applies in any process.
await everTask.dispatch(fetchPage, { url: "https://example.com/" }, {
  retry: linearRetry(2, [10, 30]).handleTransientNetworkErrors(),
});
await ended.promise;
await everTask.stop();
console.log(endings.sort());
