// Some servers make a request's URL from an unchecked Host header.

import { assertEquals } from "@std/assert";
import { createEverTask } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createHealthChecks, createMonitorHub } from "../../src/monitor/mod.ts";
import { createPrometheusExporter } from "../../src/monitor/prometheus/mod.ts";
import { badHosts, plain, statusOf } from "./support/raw_requests.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks: [] });

const handlers = {
  "/evertask/monitoring": createMonitorHub(everTask),
  "/metrics": createPrometheusExporter(everTask),
  "/health": createHealthChecks(everTask),
  "/health/ready": createHealthChecks(everTask),
};

for (const [path, handler] of Object.entries(handlers)) {
  Deno.test(`${path} answers 400 to requests whose Host header is not a host`, async () => {
    const failures: unknown[] = [];
    const server = Deno.serve({
      port: 0,
      hostname: "127.0.0.1",
      onListen() {},
      onError(error) {
        failures.push(error);
        return new Response(null, { status: 500 });
      },
    }, handler.fetch);
    for (const host of badHosts) {
      assertEquals(await statusOf(server.addr.port, plain(path, { host })), 400, host);
    }
    assertEquals(failures, []);
    await server.shutdown();
  });
}
