// Metrics of an instance as the SDK collects them, in this process and with a stopped clock.

import { assertEquals } from "@std/assert";
import { diag, DiagLogLevel } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import config from "../../../deno.json" with { type: "json" };
import { severityOf, type TaskEventKind } from "../../../src/events/task_event.ts";
import { createOpenTelemetry } from "../../../src/monitor/otel/mod.ts";
import { FakeClock } from "../../../src/testing/fake_clock.ts";
import { dated } from "../../../src/time/dated.ts";
import { EventSourceForTests } from "../support/event_source.ts";
import { queueFigures, StorageFigures } from "../support/storage_figures.ts";

/** Observes a test's figures and events. */
function observed(storage = new StorageFigures()) {
  const events = new EventSourceForTests();
  const clock = new FakeClock();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const telemetry = createOpenTelemetry({ meterProvider, clock, cacheTime: 0 });
  const stop = telemetry.observe(Object.assign(storage, { events }));
  /** Returns the collected metrics, as `metric{values of the attributes} value`. */
  const collect = async () => {
    await events.idle();
    const { resourceMetrics } = await reader.collect();
    assertEquals(resourceMetrics.scopeMetrics.map(({ scope }) => scope), [{
      name: config.name,
      version: config.version,
      schemaUrl: "https://opentelemetry.io/schemas/1.43.0",
    }]);
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
      .flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) =>
          `${descriptor.name}{${Object.values(attributes)}} ${value}`
        )
      );
  };
  const close = async () => {
    stop();
    await meterProvider.shutdown();
  };
  return { events, clock, storage, collect, stop, [Symbol.asyncDispose]: close };
}

/** The lines about one metric. */
function about(lines: readonly string[], metric: string): string[] {
  return lines.filter((line) => line.startsWith(`${metric}{`))
    .map((line) => line.slice(metric.length));
}

Deno.test("OpenTelemetry's gauges have the number of live workers and the age of the oldest heartbeat", async () => {
  await using all = observed();
  const { storage, collect } = all;
  assertEquals(about(await collect(), "evertask.workers"), ["{} 0"]);
  assertEquals(about(await collect(), "evertask.worker.heartbeat_age"), []);
  storage.workerHeartbeats = { alive: storage.now - 3_000, lost: storage.now - 60_000 };
  assertEquals(about(await collect(), "evertask.workers"), ["{} 1"]);
  assertEquals(about(await collect(), "evertask.worker.heartbeat_age"), ["{} 60"]);
});

Deno.test("OpenTelemetry's time series of known types and queues begin with 0", async () => {
  const storage = Object.assign(new StorageFigures(), {
    tasks: [{ type: "charge-card", queue: "payments" }],
  });
  Object.assign(storage.queues, { names: ["payments"] });
  await using all = observed(storage);
  const { events, collect } = all;
  const lines = await collect();
  const counters = about(lines, "evertask.task.events");
  assertEquals(counters.includes("{failed,charge-card,payments} 0"), true);
  assertEquals(counters.includes("{workerStarved,,} 0"), true);
  assertEquals(counters.every((line) => line.endsWith(" 0")), true);
  assertEquals(about(lines, "evertask.queue.tasks").sort(), [
    "{payments,claimed} 0",
    "{payments,due} 0",
    "{payments,scheduled} 0",
  ]);
  events.emit("failed", { taskType: "charge-card", queue: "payments" });
  assertEquals(
    about(await collect(), "evertask.task.events").filter((line) => !line.endsWith(" 0")),
    ["{failed,charge-card,payments} 1"],
  );
});

Deno.test("OpenTelemetry counts unusual events by kind, and an aggregated event adds its count", async () => {
  await using all = observed();
  const { events, collect } = all;
  const kinds = Object.keys(severityOf) as TaskEventKind[];
  for (const kind of kinds) events.emit(kind, { count: 3 });
  const counted = about(await collect(), "evertask.task.events").filter((line) =>
    !line.endsWith(" 0")
  );
  const normal = ["dispatched", "started", "completed", "recurringScheduled"];
  const expected = kinds.filter((kind) => !normal.includes(kind)).map((kind) => {
    const type = kind === "workerStarved" ? "" : "send-email";
    return `{${kind},${type},default} ${["missed", "rateLimitDeferred"].includes(kind) ? 3 : 1}`;
  });
  assertEquals(counted.sort(), expected.sort());
});

Deno.test("OpenTelemetry's figures of a known queue are those of the storage, in seconds", async () => {
  const storage = new StorageFigures();
  Object.assign(storage.queues, { names: ["late", "early"] });
  const { now } = storage;
  storage.waiting = [
    queueFigures("late", { due: 3, oldestDueAt: now - 1_500 }),
    queueFigures("early", { due: 1, oldestDueAt: now + 1_500 }),
  ];
  await using all = observed(storage);
  const lines = await all.collect();
  assertEquals(about(lines, "evertask.queue.tasks").includes("{late,due} 3"), true);
  assertEquals(about(lines, "evertask.queue.oldest_waiting"), ["{late} 1.5", "{early} 0"]);
});

Deno.test("OpenTelemetry counts claimed tasks without reading all tasks", async () => {
  const storage = new StorageFigures();
  const list = () => Promise.resolve(dated([queueFigures("default", { claimed: 2 })]));
  Object.assign(storage.queues, { list });
  storage.statistics = () => Promise.reject(new Error("reads all tasks"));
  await using all = observed(storage);
  const lines = await all.collect();
  assertEquals(about(lines, "evertask.queue.tasks").includes("{default,claimed} 2"), true);
});

Deno.test("after its end, OpenTelemetry's observation counts no events and queries no storage", async () => {
  await using all = observed();
  const { events, storage, collect, stop } = all;
  await collect();
  assertEquals([events.subscriberCount, storage.questions], [1, 1]);
  stop();
  await collect();
  assertEquals([events.subscriberCount, storage.questions], [0, 1]);
});

Deno.test("only the figures that the storage fails to return, or returns too late, are omitted", async () => {
  const warnings: unknown[] = [];
  const silent = () => {};
  diag.setLogger(
    {
      error: silent,
      info: silent,
      debug: silent,
      verbose: silent,
      warn: (...all) => void warnings.push(all),
    },
    { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
  );
  try {
    await using all = observed();
    const { storage, clock, events, collect } = all;
    storage.waiting = [queueFigures("default", { due: 7 })];
    storage.workerHeartbeats = { a: storage.now };
    storage.statistics = () => new Promise(() => {});
    storage.audit.growth = () => Promise.reject(new Error("no right to read"));
    events.emit("failed");
    const collecting = collect();
    await clock.advance(4_000);
    const lines = await collecting;
    assertEquals(about(lines, "evertask.task.events").filter((line) => line.endsWith(" 1")), [
      "{failed,send-email,default} 1",
    ]);
    assertEquals(about(lines, "evertask.queue.tasks"), [
      "{default,due} 7",
      "{default,scheduled} 0",
    ]);
    assertEquals(about(lines, "evertask.workers"), ["{} 1"]);
    assertEquals(about(lines, "evertask.audit.rows"), []);
    assertEquals(warnings.length, 2);
  } finally {
    diag.disable();
  }
});
