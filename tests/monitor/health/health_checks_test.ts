import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createEverTask, defineTask, InvalidArgumentError } from "../../../mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { createHealthChecks, type HealthOptions } from "../../../src/monitor/mod.ts";
import { EventSourceForTests } from "../support/event_source.ts";
import { FakeClock } from "../../../src/testing/fake_clock.ts";
import { queueFigures, StorageFigures } from "../support/storage_figures.ts";

function makeHealth(options: HealthOptions = {}) {
  const events = new EventSourceForTests();
  const clock = new FakeClock();
  const figures = new StorageFigures();
  figures.workerHeartbeats = { "worker-1": figures.now - 5_000 };
  const everTask = Object.assign(figures, { events, workerId: "worker-1" as string | null });
  const health = createHealthChecks(everTask, { clock, cacheTime: 0, ...options });
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await health.fetch(new Request(`http://app.test${path}`, init));
    return { status: response.status, body: await response.text() };
  };
  return { events, clock, everTask, health, ask };
}

Deno.test("a worker with a fresh heartbeat and no backlog is ready", async () => {
  const { health } = makeHealth();
  const { status, checks } = await health.ready();
  assertEquals(status, "healthy");
  assertEquals(Object.keys(checks), ["storage", "worker", "backlog"]);
  assertEquals(checks.worker?.data, { workerId: "worker-1", heartbeatAgeMs: 5_000, workers: 1 });
});

Deno.test("a process is alive regardless of its storage", async () => {
  const { health, everTask, ask } = makeHealth();
  everTask.error = new Error("no route to host");
  assertEquals(health.live().status, "healthy");
  assertEquals((await ask("/health/live")).status, 200);
  assertEquals(everTask.questions, 0);
});

Deno.test("a process whose storage is unavailable is not ready, and only the detail says why", async () => {
  const { health, everTask, ask } = makeHealth();
  everTask.error = new Error("no route to 10.1.2.3");
  assertEquals((await health.ready()).status, "unhealthy");
  const probe = await ask("/health/ready");
  assertEquals(probe.status, 503);
  assertEquals(JSON.parse(probe.body).checks, { storage: "unhealthy" });
  const detail = await ask("/health");
  assertEquals(detail.status, 503);
  assertStringIncludes(detail.body, "no route to 10.1.2.3");
});

Deno.test("a storage that does not answer in time counts as unreachable", async () => {
  const { health, everTask, clock } = makeHealth({ timeout: { seconds: 2 } });
  everTask.workers = () => new Promise(() => {});
  const asked = health.ready();
  await clock.advance(2_000);
  const { checks } = await asked;
  assertStringIncludes(checks.storage?.description ?? "", "no answer within 2000 ms");
  assertEquals(clock.timerCount, 0);
});

Deno.test("a worker is not ready when its heartbeat is old, missing, or has not begun", async () => {
  const { health, everTask } = makeHealth();
  everTask.workerHeartbeats = { "worker-1": everTask.now - 15_000 };
  assertEquals((await health.ready()).checks.worker?.status, "healthy");
  everTask.workerHeartbeats = { "worker-1": everTask.now - 15_001 };
  const { worker } = (await health.ready()).checks;
  assertEquals(worker?.status, "unhealthy");
  assertEquals(worker?.description, "The last heartbeat was 15001 ms ago.");
  everTask.workerHeartbeats = { "worker-2": everTask.now };
  assertEquals((await health.ready()).checks.worker?.status, "unhealthy");
  everTask.workerId = null;
  assertStringIncludes((await health.ready()).checks.worker?.description ?? "", "not started");
});

Deno.test("figures from before a worker was registered do not make it unready", async () => {
  const { health, everTask } = makeHealth({ cacheTime: { seconds: 1 } });
  const register = (id: string) => {
    everTask.workerId = id;
    everTask.workerHeartbeats = { [id]: everTask.now };
  };
  everTask.workerId = null;
  everTask.workerHeartbeats = {};
  assertEquals((await health.ready()).status, "unhealthy");
  register("worker-1");
  assertEquals((await health.ready()).status, "healthy");
  const { questions } = everTask;
  await health.ready();
  assertEquals(everTask.questions, questions, "the figures are still cached");

  const { workers } = everTask; // a query that began before the registration ends after it
  const early = Promise.withResolvers<never[]>();
  everTask.workerId = null;
  everTask.workers = () => early.promise;
  const before = health.ready();
  everTask.workers = workers;
  register("worker-2");
  const after = health.ready();
  early.resolve([]);
  assertStringIncludes((await before).checks.worker!.description, "not started");
  assertEquals((await after).status, "healthy");
});

Deno.test("only live workers are counted, and a heartbeat in the future does not count", async () => {
  const { health, everTask } = makeHealth();
  everTask.workerHeartbeats = {
    "worker-1": everTask.now - 1_000,
    other: everTask.now,
    crashed: everTask.now - 3_600_000,
  };
  assertEquals((await health.ready()).checks.worker?.data.workers, 2);
  everTask.workerHeartbeats = { "worker-1": everTask.now + 3_600_000 };
  assertEquals((await health.ready()).checks.worker?.status, "unhealthy");
});

Deno.test("a process that only dispatches needs no worker", async () => {
  const { health, everTask } = makeHealth({ worker: false });
  everTask.workerId = null;
  const { status, checks } = await health.ready();
  assertEquals(status, "healthy");
  assertEquals(checks.worker, undefined);
});

Deno.test("health degrades when a backlog reaches its threshold; paused queues do not count", async () => {
  const { health, everTask, ask } = makeHealth({ backlog: { unhealthy: { hours: 1 } } });
  const minutes = (count: number) => everTask.now - count * 60_000;
  everTask.waiting = [
    queueFigures("default", { due: 2, oldestDueAt: minutes(6) }),
    queueFigures("email", { due: 1, oldestDueAt: minutes(5) }),
    queueFigures("empty", {}),
    queueFigures("paused", { due: 9, oldestDueAt: minutes(600), paused: true }),
  ];
  const { status, checks } = await health.ready();
  assertEquals(status, "degraded");
  assertEquals(checks.backlog?.data, {
    due: 3,
    dueExact: true,
    oldestAgeMs: 360_000,
    oldestQueue: "default",
  });
  assertEquals((await ask("/health/ready")).status, 200);
  everTask.waiting = [queueFigures("default", { due: 2, oldestDueAt: minutes(60) })];
  assertEquals((await ask("/health/ready")).status, 503);
});

Deno.test("health counts at most 10,000 due tasks of a queue", async () => {
  for (const [due, counted, dueExact] of [[9_999, 9_999, true], [20_000, 10_000, false]] as const) {
    const { health, everTask } = makeHealth({});
    everTask.waiting = [queueFigures("default", { due }), queueFigures("email", { due: 1 })];
    const { data } = (await health.ready()).checks.backlog!;
    assertEquals([data.due, data.dueExact], [counted + 1, dueExact]);
  }
});

Deno.test("health degrades when there are enough failures, which are forgotten after the window", async () => {
  const { health, events, clock } = makeHealth({ failures: { minimum: 10, unhealthy: 0.9 } });
  for (let index = 0; index < 9; index++) events.emit("failed");
  await events.idle();
  assertEquals((await health.detail()).checks.failures?.status, "healthy");
  events.emit("failed");
  await events.idle();
  assertEquals((await health.detail()).status, "unhealthy");
  for (let index = 0; index < 10; index++) events.emit("completed");
  await events.idle();
  const { checks } = await health.detail();
  assertEquals(checks.failures?.status, "degraded");
  assertEquals(checks.failures?.data, { ended: 20, failed: 10 });
  await clock.advance(5 * 60_000);
  assertEquals((await health.detail()).checks.failures?.data, { ended: 0, failed: 0 });
  health.close();
  assertEquals(events.subscriberCount, 0);
});

Deno.test("by default, health degrades if half of at least twenty ended tasks failed, and figures are cached for a second", async () => {
  const events = new EventSourceForTests();
  const clock = new FakeClock();
  const everTask = Object.assign(new StorageFigures(), { events, workerId: null });
  const health = createHealthChecks(everTask, { clock });
  const failures = async () => (await health.detail()).checks.failures?.status;
  for (let index = 0; index < 19; index++) events.emit("failed");
  await events.idle();
  assertEquals(await failures(), "healthy");
  events.emit("failed");
  await events.idle();
  assertEquals(await failures(), "degraded");
  for (let index = 0; index < 21; index++) events.emit("completed");
  await events.idle();
  assertEquals(await failures(), "healthy", "20 of 41");
  assertEquals(everTask.questions, 1);
  await clock.advance(999);
  await health.ready();
  assertEquals(everTask.questions, 1);
  await clock.advance(1);
  await health.ready();
  assertEquals(everTask.questions, 2);
  health.close();
});

Deno.test("caches do not store health responses", async () => {
  const { health } = makeHealth();
  for (const path of ["/health", "/health/live", "/health/ready"]) {
    const { headers, body } = await health.fetch(new Request(`http://app.test${path}`));
    assertEquals(headers.get("cache-control"), "no-store", path);
    await body?.cancel();
  }
});

Deno.test("with `failures: false`, health checks do not subscribe to events", async () => {
  const { health, events } = makeHealth({ failures: false });
  assertEquals(events.subscriberCount, 0);
  assertEquals((await health.detail()).checks.failures, undefined);
});

Deno.test("many probes share one query of the storage", async () => {
  const { health, everTask, clock } = makeHealth({ cacheTime: { seconds: 1 } });
  await Promise.all([health.ready(), health.detail(), health.ready()]);
  assertEquals(everTask.questions, 1);
  await clock.advance(1_000);
  await health.ready();
  assertEquals(everTask.questions, 2);
});

Deno.test("the detail needs the token, the probes do not", async () => {
  const { ask } = makeHealth({ accessToken: "let-me-see-everything", path: "/internal/health/" });
  assertEquals((await ask("/internal/health")).status, 401);
  const headers = { authorization: "Bearer let-me-see-everything" };
  assertEquals((await ask("/internal/health", { headers })).status, 200);
  assertEquals((await ask("/internal/health/ready")).status, 200);
  for (const path of ["/internal/health/live", "/internal/health", "/health"]) {
    assertEquals((await ask(path, { method: "HEAD" })).body, "", path);
  }
  assertEquals((await ask("/internal/health/ready", { method: "POST" })).status, 405);
  assertEquals((await ask("/health")).status, 404);
});

Deno.test("invalid options are rejected at once", () => {
  for (
    const options of [
      { path: "health" },
      { maxHeartbeatAge: -1 },
      { failures: { degraded: 0 } },
      { failures: { minimum: 0 } },
    ]
  ) {
    assertThrows(() => makeHealth(options), InvalidArgumentError);
  }
});

Deno.test("a real instance becomes ready when it starts, and counts its failures", async () => {
  const fails = defineTask({
    type: "fails",
    retry: { nextDelay: () => null },
    handle() {
      throw new Error("as it must");
    },
  });
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [fails] });
  const health = createHealthChecks(everTask, { cacheTime: 0, failures: { minimum: 1 } });
  assertEquals((await health.ready()).status, "unhealthy");
  await everTask.start();
  assertEquals((await health.ready()).status, "healthy");
  const failed = new Promise((resolve) => {
    everTask.events.subscribe(resolve, { kinds: ["failed"] });
  });
  await everTask.dispatch(fails);
  await failed;
  const { checks } = await health.detail();
  assertEquals(checks.failures?.data, { ended: 1, failed: 1 });
  assertEquals(checks.failures?.status, "degraded");
  health.close();
});
