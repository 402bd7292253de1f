// Metrics for Prometheus: mount the handler where your application serves requests, and let
// Prometheus scrape it.

import { createEverTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { createPrometheusExporter } from "@evertask/evertask/prometheus";
import { chargeCard, sendReceipt, tasks } from "./support/shop.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks, queues: { email: {} } });
const exporter = createPrometheusExporter(everTask);
const failed = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["failed"] }));

await everTask.start();
await everTask.dispatch(sendReceipt, { order: 1 });
await everTask.dispatch(chargeCard, { order: 2 });
await failed;

// Your server calls this with each request: Deno.serve(exporter.fetch), app.get("/metrics", …).
const response = await exporter.fetch(new Request("http://localhost/metrics"));
const text = await response.text();
console.log(
  text.split("\n").filter((line) => /^evertask_(tasks|workers|queue)/.test(line)).join("\n"),
);

exporter.close();
await everTask.stop();
