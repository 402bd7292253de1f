// A rate limit by key: at most ten emails a second to each domain, over all workers of the store.
// An email that has to wait uses no slot of a worker, and does not delay emails to other domains.

import { createEverTask, defineTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";

const sendMail = defineTask<{ to: string }>({
  type: "send-mail",
  rateLimit: {
    permits: 10,
    period: { seconds: 1 },
    burst: 2,
    key: ({ to }) => to.split("@")[1],
  },
  handle({ to }) {
    console.log(`${Math.round(performance.now() - started)} ms: ${to}`);
    if (--left === 0) allSent.resolve();
  },
});

let left = 8;
const allSent = Promise.withResolvers<void>();
const everTask = createEverTask({ storage: memoryStorage(), tasks: [sendMail] });
everTask.events.subscribe(
  ({ message }) => console.log(message),
  { kinds: ["rateLimitDeferred"] },
);
await everTask.start();
const started = performance.now();
const names = ["ada", "bob", "eve", "max", "sue", "tom"];
await everTask.dispatchMany(sendMail, names.map((name) => ({ to: `${name}@example.org` })));
await everTask.dispatchMany(sendMail, [{ to: "ada@example.com" }, { to: "bob@example.com" }]);
await allSent.promise;
await everTask.stop();
