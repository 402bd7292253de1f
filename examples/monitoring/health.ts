// Probes for an orchestrator, and a report for people.

import { createEverTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { createHealthChecks } from "@evertask/evertask/monitor";
import { tasks } from "./support/shop.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks, queues: { email: {} } });
const health = createHealthChecks(everTask, {
  backlog: { degraded: { minutes: 10 } },
  failures: { degraded: 0.2, window: { minutes: 15 } },
  cacheTime: 0,
});

// Your server calls this with each request: Deno.serve(health.fetch), app.get("/health/*", …).
async function probe(path: string): Promise<void> {
  const response = await health.fetch(new Request(`http://localhost${path}`));
  console.log(path, response.status, await response.text());
}
await probe("/health/live");
await probe("/health/ready"); // 503: it is not started yet
await everTask.start();
await probe("/health/ready");

// The same as functions.
const { status, checks } = await health.detail();
console.log(status, checks.backlog?.description);

health.close();
await everTask.stop();
