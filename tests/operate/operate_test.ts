// Tests the queries of everTask.operate with the memory store: queues, workers, searches and
// counts.

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { createEverTask, defineTask, InvalidArgumentError } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { queueOverviews } from "../../src/operate/queue_overview.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";
import { Fleet } from "../support/fleet.ts";
import { worker } from "./facts.ts";

const email = defineTask<null>({ type: "email", handle() {} });
const tasks = [email];

Deno.test("operate is created once, at its first use", async () => {
  await using everTask = createEverTask({ storage: memoryStorage(), tasks });
  assertStrictEquals(everTask.operate, everTask.operate);
});

Deno.test("queues are listed with their waiting tasks and their workers, even without waiting tasks", async () => {
  await using fleet = new Fleet();
  const web = fleet.create({ tasks, queues: { mails: {} } });
  const parallelism = 3;
  const queues = { default: { parallelism }, recurring: { parallelism }, reports: { parallelism } };
  const { workerId } = await fleet.start({ tasks, queues });
  await web.queues.pause("default");
  await web.dispatch(email, null);
  await web.dispatch(email, null, { delay: { hours: 1 } });
  await web.dispatch(email, null, { queue: "mails" });
  const oldestDueAt = new Date(fleet.clock.now());
  await fleet.pass(1000);
  const exact = { dueExact: true, scheduledExact: true };
  const nothing = { paused: false, due: 0, scheduled: 0, oldestDueAt: null, ...exact };
  const served = { workerIds: [workerId!], places: 3, busyPlaces: 0, held: 0 };
  const unserved = { workerIds: [], places: 0, busyPlaces: 0, held: 0 };
  assertEquals(await web.operate.queues(), [
    { queue: "default", paused: true, due: 1, scheduled: 1, oldestDueAt, ...exact, ...served },
    { ...nothing, queue: "mails", due: 1, oldestDueAt, ...unserved },
    { ...nothing, queue: "recurring", ...served },
    { ...nothing, queue: "reports", ...served },
  ]);
});

Deno.test("the places of a queue are those of all live workers, or unknown if one does not report them", () => {
  const workers = [worker(), worker({ id: "worker-2" }), worker({ id: "worker-3", alive: false })];
  const silent = worker({ id: "worker-4", serves: null });
  const overview = (...workers: Parameters<typeof queueOverviews>[1][number][]) =>
    queueOverviews({ now: 0, queues: [] }, workers, [], []).map(({ queue, workerIds, places }) => [
      queue,
      workerIds,
      places,
    ]);
  assertEquals(overview(...workers), [["mails", ["worker-1", "worker-2"], 8]]);
  assertEquals(overview(...workers, silent), [["mails", ["worker-1", "worker-2"], null]]);
});

Deno.test("the waiting tasks of a queue are counted up to 5,000, and the counts say so", () => {
  const waiting = { queue: "mails", paused: false, oldestDueAt: null };
  const counted = (due: number, scheduled: number) => {
    const [queue] = queueOverviews(
      { now: 0, queues: [{ ...waiting, due, scheduled }] },
      [],
      [],
      [],
    );
    return [queue!.due, queue!.dueExact, queue!.scheduled, queue!.scheduledExact];
  };
  assertEquals(counted(5_000, 5_001), [5_000, true, 5_000, false]);
  assertEquals(counted(50_000, 0), [5_000, false, 0, true]); // of a storage that ignores the cap
});

Deno.test("busy places are tasks that live workers hold, and each worker has only its places", () => {
  const [wide, small] = [worker(), worker({ id: "worker-2" })];
  const others = [
    worker({ id: "draining", draining: true }),
    worker({ id: "lost", alive: false }),
  ];
  const held = [
    { workerId: wide.id, queue: "mails", count: 9 },
    { workerId: small.id, queue: "mails", count: 1 },
    { workerId: small.id, queue: "reports", count: 1 },
    { workerId: "draining", queue: "mails", count: 2 },
    { workerId: "not registered", queue: "mails", count: 3 },
  ];
  const figures = (workers: ReturnType<typeof worker>[], heldTasks: typeof held | null) =>
    queueOverviews({ now: 0, queues: [] }, workers, heldTasks, [])
      .map(({ queue, places, busyPlaces, held }) => [queue, places, busyPlaces, held]);
  const workers = [wide, small, ...others];
  assertEquals(figures(workers, held), [["mails", 8, 5, 15], ["reports", 0, 0, 1]]);
  assertEquals(figures(workers, null), [["mails", 8, null, null]], "too many to count");
  const silent = worker({ id: "silent", serves: null });
  assertEquals(figures([silent], held)[0], ["mails", null, null, 15], "places that are unknown");
});

Deno.test("workers are listed with the tasks that they hold, by queue", async () => {
  const storage = memoryStorage();
  await using everTask = createEverTask({ storage, tasks });
  await everTask.dispatchMany(email, [null, null, null]);
  await everTask.dispatch(email, null, { queue: "recurring" });
  for (const id of ["busy", "idle"]) await storage.registerWorker({ id, host: "app.example" });
  const queues = [{ name: "default", limit: 2 }, { name: "recurring", limit: 2 }];
  await storage.claim({ workerId: "busy", types: ["email"], queues });
  const workers = await everTask.operate.workers();
  assertEquals(workers.map(({ id, holds }) => [id, holds]), [
    ["busy", [{ queue: "default", count: 2 }, { queue: "recurring", count: 1 }]],
    ["idle", []],
  ]);
});

Deno.test("lost workers are listed as not alive", async () => {
  const clock = new FakeClock();
  const storage = memoryStorage({ clock });
  const leaseDuration = { seconds: 30 };
  await using web = createEverTask({ storage, clock, leaseDuration, tasks });
  await web.statistics(); // opens the storage
  await storage.registerWorker({ id: "worker-1", host: "crash.example" });
  await clock.advance(30_001);
  await storage.registerWorker({ id: "worker-2", host: "app.example" });
  const found = await web.operate.workers();
  assertEquals(found.map(({ id, host, alive }) => [id, host, alive]), [
    ["worker-1", "crash.example", false],
    ["worker-2", "app.example", true],
  ]);
});

Deno.test("a search pages through the tasks that match, newest first", async () => {
  await using everTask = createEverTask({ storage: memoryStorage(), tasks });
  const dispatched = await everTask.dispatchMany(email, Array.from({ length: 5 }, () => null));
  await everTask.dispatch(email, null, { queue: "recurring" });
  const ids = dispatched.map(({ id }) => id).reverse();
  const filter = { queues: ["default"] };
  const first = await everTask.operate.tasks.search(filter, { limit: 3 });
  const second = await everTask.operate.tasks.search(filter, { limit: 3, after: first.next! });
  assertEquals([...first.items, ...second.items].map(({ id }) => id), ids);
  assertEquals(second.next, null);
});

const counts: [tasks: number, cap: number | undefined, found: { count: number; exact: boolean }][] =
  [
    [0, 5, { count: 0, exact: true }],
    [5, 6, { count: 5, exact: true }],
    [5, 5, { count: 5, exact: true }],
    [5, 4, { count: 4, exact: false }],
    [2500, 2499, { count: 2499, exact: false }],
    [2500, undefined, { count: 2500, exact: true }],
    [10_001, undefined, { count: 10_000, exact: false }],
  ];

for (const [size, cap, found] of counts) {
  const most = cap === undefined ? "the default cap" : `a cap of ${cap}`;
  Deno.test(`${size} tasks are counted up to ${most}`, async () => {
    await using everTask = createEverTask({ storage: memoryStorage(), tasks });
    await everTask.dispatch(email, null, { queue: "recurring" });
    await everTask.dispatchMany(email, Array.from({ length: size }, () => null));
    const options = cap === undefined ? {} : { cap };
    assertEquals(await everTask.operate.tasks.count({ queues: ["default"] }, options), found);
  });
}

Deno.test("an invalid filter, cap, limit or id is rejected, and the error names it", async () => {
  await using everTask = createEverTask({ storage: memoryStorage(), tasks });
  const { operate } = everTask;
  const wrong: [what: string, call: () => Promise<unknown>][] = [
    ["filter.statuses", () => operate.tasks.search({ statuses: ["Late" as never] })],
    ["filter.statuses", () => operate.tasks.count({ statuses: ["Late" as never] })],
    ["options.cap", () => operate.tasks.count({}, { cap: 0 })],
    ["limit", () => operate.tasks.search({}, { limit: 0 })],
    ["taskId", () => operate.explain(5 as never)],
  ];
  for (const [what, call] of wrong) await assertRejects(call, InvalidArgumentError, what);
});
