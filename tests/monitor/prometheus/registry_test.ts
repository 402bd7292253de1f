// Tests the exporter with a registry that the application, another exporter or a cluster uses too.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { AggregatorRegistry, Counter, Registry } from "prom-client";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import { makeExporter } from "../support/exporter.ts";
import { parseMetrics, valueOf } from "../support/prometheus_text.ts";
import { queueFigures, StorageFigures } from "../support/storage_figures.ts";

const contentTypes = [
  Registry.PROMETHEUS_CONTENT_TYPE,
  Registry.OPENMETRICS_CONTENT_TYPE,
] as const;

for (const contentType of contentTypes) {
  Deno.test(`a closed exporter leaves nothing in the registry, and can be recreated: ${contentType}`, async () => {
    const registry = new Registry<typeof contentTypes[number]>();
    registry.setContentType(contentType);
    new Counter({ name: "mine_total", help: "The application's.", registers: [registry] });
    for (let times = 0; times < 3; times++) {
      const storage = new StorageFigures();
      const { events, exporter } = makeExporter({ registry, storage });
      events.emit("failed");
      await events.idle();
      const text = await registry.metrics();
      assertStringIncludes(text, 'evertask_tasks_failed_total{task_type="send-email"');
      const asked = storage.questions;
      exporter.close();
      exporter.close();
      assertEquals(events.subscriberCount, 0);
      const left = await registry.metrics();
      assert(!left.includes("evertask"), left);
      assertStringIncludes(left, "mine_total 0");
      assertEquals(storage.questions, asked, "a closed exporter reads nothing");
    }
  });
}

Deno.test("two exporters in one registry need different prefixes", async () => {
  const registry = new Registry();
  const first = makeExporter({ registry });
  const names = registry.getMetricsAsArray().length;
  const error = assertThrows(() => makeExporter({ registry }), InvalidArgumentError);
  assertStringIncludes(error.message, 'prefix is "evertask_"');
  assertStringIncludes(error.message, "give each exporter a prefix");
  const second = makeExporter({ registry, prefix: "reports_" });
  assertEquals(registry.getMetricsAsArray().length, 2 * names);
  first.exporter.close();
  const text = await registry.metrics();
  assert(!text.includes("evertask_") && text.includes("reports_workers"));
  second.exporter.close();
});

Deno.test("an exporter that finds one of its names in use leaves nothing in the registry", () => {
  const names = makeExporter().exporter.registry as Registry;
  for (const { name } of names.getMetricsAsArray() as unknown as { name: string }[]) {
    const registry = new Registry();
    new Counter({ name, help: "The application's.", registers: [registry] });
    const error = assertThrows(() => makeExporter({ registry }), InvalidArgumentError);
    assertStringIncludes(error.message, name);
    assertEquals(registry.getMetricsAsArray().length, 1);
  }
});

Deno.test("closing an exporter leaves a metric with the same name that another has registered", () => {
  const registry = new Registry();
  const { exporter } = makeExporter({ registry });
  registry.clear();
  new Counter({ name: "evertask_tasks_lost_total", help: "Another's.", registers: [registry] });
  exporter.close();
  assertEquals(registry.getMetricsAsArray().length, 1);
});

Deno.test("a cluster sums counters, but not the storage's gauges that every process reports", async () => {
  const storage = new StorageFigures();
  storage.waiting = [queueFigures("default", { due: 1, claimed: 3, paused: true })];
  storage.workerHeartbeats = { a: storage.now - 2_000, b: storage.now };
  storage.auditRows = 10;
  const registries: Registry[] = [];
  for (let process = 0; process < 3; process++) {
    const { events, exporter } = makeExporter({ storage });
    events.emit("completed");
    await events.idle();
    registries.push(exporter.registry as Registry);
  }
  const aggregated = async () => {
    const all = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
    return parseMetrics(await AggregatorRegistry.aggregate(all).metrics());
  };
  const metrics = await aggregated();
  const value = (name: string, labels = {}) => valueOf(metrics, `evertask_${name}`, labels);
  assertEquals(value("tasks_completed_total", { task_type: "send-email", queue: "default" }), 3);
  assertEquals(value("storage_up"), 1);
  assertEquals(value("tasks", { status: "Queued" }), 3);
  assertEquals(value("queue_tasks", { queue: "default", state: "due" }), 1);
  assertEquals(value("queue_tasks", { queue: "default", state: "claimed" }), 3);
  assertEquals(value("queues_paused"), 1);
  assertEquals(value("workers"), 2);
  assertEquals(value("heartbeat_age_seconds"), 2);
  assertEquals(value("audit_rows", { table: "StatusAudit" }), 10);

  const cutOff = new StorageFigures();
  cutOff.error = new Error("no route to host");
  registries.push(makeExporter({ storage: cutOff }).exporter.registry as Registry);
  assertEquals(valueOf(await aggregated(), "evertask_storage_up"), 0);
});
