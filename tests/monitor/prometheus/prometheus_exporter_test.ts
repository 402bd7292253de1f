import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Registry } from "prom-client";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import { severityOf, type TaskEventKind } from "../../../src/events/task_event.ts";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import { makeExporter } from "../support/exporter.ts";
import { valueOf } from "../support/prometheus_text.ts";
import { queueFigures, StorageFigures } from "../support/storage_figures.ts";

const email = { task_type: "send-email", queue: "default" };

Deno.test("every kind of event is counted under its own name, by type and queue", async () => {
  const { events, scrape } = makeExporter();
  const kinds = Object.keys(severityOf) as TaskEventKind[];
  kinds.forEach((kind, index) => {
    for (let times = 0; times <= index; times++) events.emit(kind);
  });
  const metrics = await scrape();
  const counted = [
    "tasks_dispatched",
    "tasks_started",
    "tasks_completed",
    "tasks_failed",
    "tasks_retried",
    "tasks_cancelled",
    "tasks_timed_out",
    "recurring_scheduled",
    "occurrences_skipped",
    "tasks_lost",
    "tasks_stuck",
    "tasks_lease_lost",
    "tasks_rate_limit_deferred",
    "tasks_rate_limit_rejected",
  ].map((name) => valueOf(metrics, `evertask_${name}_total`, email));
  assertEquals([...counted, kinds.length], kinds.map((_, index) => index + 1));
  const nobody = { task_type: "", queue: "default" };
  assertEquals(valueOf(metrics, "evertask_worker_starved_total", nobody), kinds.length);
});

Deno.test("an aggregated event adds its count, and any other event adds one", async () => {
  const { events, scrape } = makeExporter();
  events.emit("rateLimitDeferred", { count: 40 });
  events.emit("missed", { count: 3 });
  events.emit("recurringScheduled", { count: 3 });
  const metrics = await scrape();
  assertEquals(valueOf(metrics, "evertask_tasks_rate_limit_deferred_total", email), 40);
  assertEquals(valueOf(metrics, "evertask_recurring_scheduled_total", email), 1);
  assertEquals(valueOf(metrics, "evertask_occurrences_skipped_total", email), 3);
});

Deno.test("durations and waits are histograms in seconds", async () => {
  const { events, exporter, scrape } = makeExporter({ buckets: [0.1, 1] });
  events.emit("started", { waitMs: 50 });
  events.emit("completed", { durationMs: 500 });
  events.emit("timeout", { durationMs: 2000 });
  events.emit("failed", { durationMs: 2000 });
  const metrics = await scrape();
  const duration = metrics.get("evertask_task_duration_seconds");
  assertEquals(duration?.type, "HISTOGRAM");
  assertEquals(duration?.metrics[0]?.buckets, { "0.1": "0", "1": "1", "+Inf": "2" });
  // The parser leaves out the sum.
  const text = await exporter.registry.metrics();
  const labels = 'task_type="send-email",queue="default"';
  assertStringIncludes(text, `evertask_task_duration_seconds_sum{${labels}} 2.5\n`);
  assertStringIncludes(text, `evertask_task_wait_seconds_sum{${labels}} 0.05\n`);
});

Deno.test("the storage's figures are gauges", async () => {
  const storage = new StorageFigures();
  storage.waiting = [
    queueFigures("default", { due: 7, scheduled: 2, oldestDueAt: storage.now - 12_500 }),
    queueFigures("email", { claimed: 4, paused: true }),
  ];
  storage.workerHeartbeats = { a: storage.now, b: storage.now - 4_000, gone: storage.now - 16_000 };
  storage.auditRows = 1_000_000;
  const { scrape } = makeExporter({ storage });
  const metrics = await scrape();
  const value = (name: string, labels = {}) => valueOf(metrics, `evertask_${name}`, labels);
  assertEquals(value("storage_up"), 1);
  assertEquals(value("tasks", { status: "Queued" }), 3);
  assertEquals(value("tasks", { status: "Failed" }), 0);
  assertEquals(value("queue_tasks", { queue: "default", state: "due" }), 7);
  assertEquals(value("queue_tasks", { queue: "default", state: "scheduled" }), 2);
  assertEquals(value("queue_tasks", { queue: "email", state: "claimed" }), 4);
  assertEquals(value("queues_paused"), 1);
  assertEquals(value("oldest_waiting_seconds", { queue: "default" }), 12.5);
  assertEquals(value("oldest_waiting_seconds", { queue: "email" }), 0);
  assertEquals(value("workers"), 2);
  assertEquals(value("heartbeat_age_seconds"), 16);
  assertEquals(value("audit_rows", { table: "StatusAudit" }), 1_000_000);
});

Deno.test("the rows of large audit tables are estimated instead of counted", async () => {
  const storage = new StorageFigures();
  storage.audit.growth = () => Promise.reject(new Error("reads the whole tables"));
  const sizes = [
    { table: "QueuedTasks", rows: 1 },
    { table: "StatusAudit", rows: 40_000_000 },
    { table: "RunsAudit", rows: null }, // cannot be estimated
  ] as const;
  const origin = Object.assign(storage, { operate: { sizes: () => Promise.resolve(sizes) } });
  const { scrape } = makeExporter({ storage: origin });
  const metrics = await scrape();
  const found = metrics.get("evertask_audit_rows")?.metrics;
  assertEquals(found, [{ labels: { table: "StatusAudit" }, value: "40000000" }]);
});

Deno.test("the duration of an execution is observed for every outcome", async () => {
  const { events, exporter } = makeExporter();
  const ended = ["completed", "failed", "retrying", "cancelled"];
  for (const kind of Object.keys(severityOf) as TaskEventKind[]) {
    events.emit(kind, { taskType: kind, durationMs: 1000 });
  }
  await events.idle();
  const text = await exporter.registry.metrics();
  const timed = [...text.matchAll(/duration_seconds_count{task_type="(\w+)",/g)];
  assertEquals(timed.map(([, kind]) => kind).sort(), ended.sort());
});

Deno.test("slow queries run less often", async () => {
  const storage = new StorageFigures();
  const { scrape, clock } = makeExporter({ storage });
  const asked = { statistics: 0, growth: 0 };
  const statistics = storage.statistics.bind(storage);
  const growth = storage.audit.growth;
  storage.statistics = async () => {
    asked.statistics++;
    await new Promise<void>((resolve) => clock.setTimer(resolve, 1_000));
    return statistics();
  };
  storage.audit.growth = () => {
    asked.growth++;
    return growth();
  };
  const scrapes = async (count: number) => {
    for (let times = 0; times < count; times++) {
      const scraping = scrape();
      await clock.advance(5_000);
      await scraping;
    }
  };
  await scrapes(10);
  assertEquals(asked, { statistics: 1, growth: 1 });
  await scrapes(3);
  assertEquals(asked, { statistics: 2, growth: 2 }); // after 50 s, and after a minute
});

Deno.test("queues beyond the limit are summed up, with their longest wait", async () => {
  const storage = new StorageFigures();
  storage.waiting = [9, 8, 7].map((due) =>
    queueFigures(`queue-${due}`, { due, claimed: due, oldestDueAt: storage.now - due * 1000 })
  );
  const { scrape } = makeExporter({ storage, maxQueues: 1 });
  const metrics = await scrape();
  const value = (name: string, labels = {}) =>
    valueOf(metrics, `evertask_${name}`, { queue: "other", ...labels });
  assertEquals(value("queue_tasks", { state: "due" }), 15);
  assertEquals(value("queue_tasks", { state: "claimed" }), 15);
  assertEquals(value("oldest_waiting_seconds"), 8);
});

Deno.test("the age of the heartbeat is exported if there is a heartbeat, and is never negative", async () => {
  const storage = new StorageFigures();
  const { scrape, clock } = makeExporter({ storage });
  assertEquals(valueOf(await scrape(), "evertask_heartbeat_age_seconds"), null);
  storage.workerHeartbeats = { ahead: storage.now + 5_000 };
  await clock.advance(5_000);
  assertEquals(valueOf(await scrape(), "evertask_heartbeat_age_seconds"), 0);
});

Deno.test("a figure that the storage fails to return is logged", async () => {
  const storage = new StorageFigures();
  const failing: unknown[] = [];
  const warn: Logger["warn"] = (_, properties) => failing.push(properties?.name);
  const { scrape } = makeExporter({ storage, logger: { ...silentLogger, warn } });
  storage.statistics = () => Promise.reject(new Error("no right to read"));
  await scrape();
  assertEquals(failing.sort(), ["queue_tasks", "tasks"]);
});

Deno.test("many scrapes share one storage query until the cache time has passed", async () => {
  const storage = new StorageFigures();
  const { scrape, clock } = makeExporter({ storage });
  storage.waiting = [queueFigures("default", { due: 7 })];
  for (const metrics of await Promise.all([scrape(), scrape(), scrape()])) {
    const labels = { queue: "default", state: "due" };
    assertEquals(valueOf(metrics, "evertask_queue_tasks", labels), 7);
  }
  await clock.advance(4_999);
  await scrape();
  assertEquals(storage.questions, 1);
  await clock.advance(1);
  storage.waiting = [queueFigures("new", { due: 1 })];
  const metrics = await scrape();
  assertEquals(storage.questions, 2);
  assertEquals(valueOf(metrics, "evertask_queue_tasks", { queue: "new", state: "due" }), 1);
});

Deno.test("while the storage is unavailable, only the counters and storage_up are exported", async () => {
  const storage = new StorageFigures();
  storage.waiting = [queueFigures("default", { due: 7 })];
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) };
  const { events, scrape, clock } = makeExporter({ storage, logger });
  events.emit("completed");
  await scrape();
  await clock.advance(60_000);
  storage.error = new Error("no route to host");
  const metrics = await scrape();
  assertEquals(valueOf(metrics, "evertask_tasks_completed_total", email), 1);
  assertEquals(valueOf(metrics, "evertask_storage_up"), 0);
  const gauges = [...metrics.values()].filter(({ type }) => type === "GAUGE");
  assertEquals(gauges.length, 8);
  const present = gauges.flatMap(({ name, metrics }) => metrics.map(({ value }) => [name, value]));
  assertEquals(present, [["evertask_storage_up", "0"]]);
  const said = warnings.length;
  await scrape();
  assertEquals(warnings.length, said, "each warning is logged once");
  storage.error = null;
  const back = await scrape();
  assertEquals(valueOf(back, "evertask_storage_up"), 1);
  assertEquals(valueOf(back, "evertask_workers"), 0);
  storage.error = new Error("no route to host");
  await clock.advance(60_000);
  await scrape();
  assertEquals(warnings.length, 2 * said, "the warnings are logged again after a recovery");
});

Deno.test("types and queues beyond the limit share one time series", async () => {
  const { events, scrape } = makeExporter({ maxTaskTypes: 2, maxQueues: 1 });
  for (let index = 0; index < 10; index++) {
    events.emit("completed", { taskType: `type-${index}`, queue: `queue-${index}` });
  }
  events.emit("completed", { taskType: "type-0", queue: "queue-0" });
  const metrics = await scrape();
  const value = (task_type: string, queue: string) =>
    valueOf(metrics, "evertask_tasks_completed_total", { task_type, queue });
  assertEquals(value("type-0", "queue-0"), 2);
  assertEquals(value("type-1", "other"), 1);
  assertEquals(value("other", "other"), 8);
  assertEquals(metrics.get("evertask_tasks_completed_total")?.metrics.length, 3);
});

Deno.test("any task type is a label that parsers can read", async () => {
  const { events, scrape } = makeExporter();
  for (const taskType of ['with "quotes"', "naïve 日本語"]) events.emit("completed", { taskType });
  const types = (await scrape()).get("evertask_tasks_completed_total")?.metrics
    .map(({ labels }) => labels?.task_type);
  assertEquals(types?.includes("naïve 日本語"), true);
  assertEquals(types?.length, 2);
});

Deno.test("metrics can join a registry of the application", async () => {
  const registry = new Registry();
  const { events, exporter } = makeExporter({ registry, prefix: "jobs_" });
  events.emit("completed");
  await events.idle();
  assertStringIncludes(await registry.metrics(), "jobs_tasks_completed_total{");
  exporter.close();
  assertEquals(events.subscriberCount, 0);
  for (const refused of [{ prefix: "no-dashes" }, { prefix: "1st_" }, { maxQueues: 0 }]) {
    assertThrows(() => makeExporter(refused), InvalidArgumentError);
  }
  assertThrows(() => makeExporter({ path: "metrics" }), InvalidArgumentError);
});

Deno.test("the handler answers GET on its path alone, with the token if there is one", async () => {
  const { exporter } = makeExporter({ accessToken: "scrape-me-if-you-can", path: "/internal" });
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await exporter.fetch(new Request(`http://app.test${path}`, init));
    await response.body?.cancel();
    return response;
  };
  const headers = { authorization: "Bearer scrape-me-if-you-can" };
  assertEquals((await ask("/metrics", { headers })).status, 404);
  assertEquals((await ask("/internal")).status, 401);
  assertEquals((await ask("/internal", { method: "POST", headers })).status, 405);
  const answer = await ask("/internal", { headers });
  assertEquals(answer.status, 200);
  assertEquals(
    answer.headers.get("content-type"),
    "text/plain; version=0.0.4; charset=utf-8",
  );
});

Deno.test("counters of known types and queues start at 0, so that the first failure is an increase", async () => {
  const storage = Object.assign(new StorageFigures(), {
    tasks: [{ type: "send-email", queue: "email" }, { type: "clean-up" }, {
      type: "lost-its-queue",
      queue: "gone",
    }],
  });
  Object.assign(storage.queues, { names: ["default", "recurring", "email"] });
  const { events, scrape } = makeExporter({ storage });
  const before = await scrape();
  const failed = (metrics: typeof before) =>
    metrics.get("evertask_tasks_failed_total")?.metrics.map(({ labels, value }) =>
      `${labels?.task_type}/${labels?.queue} ${value}`
    );
  assertEquals(failed(before), [
    "send-email/email 0",
    "clean-up/default 0",
    "clean-up/recurring 0",
    "lost-its-queue/default 0",
  ]);
  const starved = { task_type: "", queue: "" };
  assertEquals(valueOf(before, "evertask_worker_starved_total", starved), 0);
  for (const state of ["due", "scheduled", "claimed"]) {
    assertEquals(valueOf(before, "evertask_queue_tasks", { queue: "email", state }), 0);
  }
  assertEquals(valueOf(before, "evertask_oldest_waiting_seconds", { queue: "recurring" }), 0);

  events.emit("failed", { taskType: "clean-up", queue: "recurring" });
  events.emit("started", { taskType: "clean-up", queue: "email" });
  const after = await scrape();
  assertEquals(failed(after)?.slice(2), [
    "clean-up/recurring 1",
    "lost-its-queue/default 0",
    "clean-up/email 0",
  ]);
});

Deno.test("a scrape does not wait for a storage that does not answer, and has all counters", async () => {
  const storage = new StorageFigures();
  storage.waiting = [queueFigures("default", { due: 7 })];
  storage.workers = () => new Promise(() => {});
  const { events, clock, scrape } = makeExporter({ storage });
  events.emit("completed");
  await events.idle();
  const scraping = scrape();
  await clock.advance(4_000);
  const metrics = await scraping;
  assertEquals(valueOf(metrics, "evertask_tasks_completed_total", email), 1);
  assertEquals(valueOf(metrics, "evertask_storage_up"), 0);
  assertEquals(
    valueOf(metrics, "evertask_queue_tasks", { queue: "default", state: "due" }),
    7,
    "the figures that the storage has returned are there",
  );
  assertEquals(clock.timerCount, 0);
});

Deno.test("a count of all tasks that takes longer than a scrape appears in later scrapes", async () => {
  const storage = new StorageFigures();
  storage.waiting = [queueFigures("default", { due: 7, claimed: 2 })];
  const { clock, scrape } = makeExporter({ storage, timeout: { seconds: 2 } });
  const statistics = storage.statistics.bind(storage);
  let asked = 0;
  storage.statistics = async () => {
    asked++;
    await new Promise<void>((resolve) => clock.setTimer(resolve, 5_000));
    return statistics();
  };
  const scraping = scrape();
  await clock.advance(2_000);
  const early = await scraping;
  const tasks = (state: string) => ({ queue: "default", state });
  assertEquals(valueOf(early, "evertask_queue_tasks", tasks("due")), 7);
  assertEquals(valueOf(early, "evertask_queue_tasks", tasks("claimed")), null);
  await clock.advance(3_000);
  assertEquals(valueOf(await scrape(), "evertask_queue_tasks", tasks("claimed")), 2);
  assertEquals(asked, 1);
});
