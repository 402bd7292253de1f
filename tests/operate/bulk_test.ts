// Tests changes of all tasks that match a filter: with the memory store, batches, dry runs and
// resuming; with stores that processes share, changes while workers run.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { defineTask, type EverTask, InvalidArgumentError, type TaskFilter } from "../../mod.ts";
import type { BulkOptions, BulkResult } from "../../src/operate/mod.ts";
import { Fleet } from "../support/fleet.ts";
import { eventually } from "../integration/support.ts";
import { placeKinds, Places } from "../support/places.ts";
import { Scene } from "./scene.ts";

const email = defineTask<number>({ type: "email", handle() {} });
const tasks = [email];
const options = { by: "ada@example.org", reason: "the server is back" };

/** Runs all batches of a change. */
async function all(
  change: (filter: TaskFilter, options: BulkOptions) => Promise<BulkResult>,
  filter: TaskFilter,
  first: BulkOptions,
): Promise<{ changed: number; skipped: Record<string, number>; batches: number }> {
  const sum = { changed: 0, skipped: {} as Record<string, number>, batches: 0 };
  let batch = await change(filter, first);
  while (true) {
    sum.changed += batch.changed;
    for (const { reason, count } of batch.skipped) {
      sum.skipped[reason] = (sum.skipped[reason] ?? 0) + count;
    }
    sum.batches++;
    if (batch.next === null) return sum;
    batch = await change(filter, { ...first, after: batch.next });
  }
}

/** Stores 10 tasks that wait, and 5 that have failed. */
async function fill(fleet: Fleet): Promise<EverTask> {
  const web = fleet.create({ tasks, queues: { urgent: {} } });
  const numbers = Array.from({ length: 15 }, (_, index) => index);
  const results = await web.dispatchMany(email, numbers, { delay: { hours: 1 } });
  const storage = await fleet.storage();
  for (const { id } of results.slice(10)) {
    await storage.setStatus(id, "Failed", "refused", "Full");
  }
  return web;
}

Deno.test("batches change each matching task once, and count as one action", async () => {
  await using fleet = new Fleet();
  const web = await fill(fleet);
  const filter = { types: ["email"] };
  const sum = await all((...args) => web.operate.bulk.retry(...args), filter, {
    ...options,
    limit: 4,
  });
  assertEquals(sum, { changed: 5, skipped: { waiting: 10 }, batches: 4 });
  const { items } = await web.operate.actions.list();
  assertEquals(
    items.map(({ verb, by, reason, target, changed, skipped, next }) => (
      { verb, by, reason, target, changed, skipped, next }
    )),
    [{
      verb: "retry",
      ...options,
      target: { kind: "tasks", id: null },
      changed: 5,
      skipped: 10,
      next: null,
    }],
  );
  assertEquals(JSON.parse(items[0]!.before!), { filter });
});

Deno.test("a dry run counts the tasks that the change would affect, without a change or an action", async () => {
  await using fleet = new Fleet();
  const web = await fill(fleet);
  const { bulk } = web.operate;
  const filter = { types: ["email"] };
  const verbs: [string, (filter: TaskFilter, options: BulkOptions) => Promise<BulkResult>][] = [
    ["edit", (filter, options) => bulk.edit(filter, { priority: 3 }, options)],
    ["retry", (filter, options) => bulk.retry(filter, options)],
    ["runNow", (filter, options) => bulk.runNow(filter, options)],
    ["cancel", (filter, options) => bulk.cancel(filter, options)],
    ["delete", (filter, options) => bulk.delete(filter, options)],
  ];
  for (const [verb, change] of verbs) {
    const before = (await web.list()).items;
    const notes = (await web.operate.actions.list()).items.length;
    const limit = 7;
    const dry = await all(change, filter, { ...options, limit, dryRun: true });
    assertEquals((await web.list()).items, before, verb);
    assertEquals((await web.operate.actions.list()).items.length, notes, verb);
    assertEquals(await all(change, filter, { ...options, limit }), dry, verb);
    assertEquals((await web.operate.actions.list()).items.length, notes + 1, verb);
  }
  assertEquals((await web.list()).items, [], "the last one has deleted them");
});

Deno.test("another process continues an action, and no batch runs twice", async () => {
  await using fleet = new Fleet();
  const web = await fill(fleet);
  const filter = { types: ["email"] };
  const edit = { queue: "urgent", priority: 3 };
  const first = await web.operate.bulk.edit(filter, edit, { ...options, limit: 6 });
  const other = fleet.create({ tasks: [] }).operate;
  const { items: [action] } = await other.actions.list();
  assertEquals(action!.next, first.next);
  const after = action!.next!;
  await other.bulk.edit(filter, edit, { ...options, after });
  const repeated = () => web.operate.bulk.edit(filter, edit, { ...options, after });
  await assertRejects(repeated, InvalidArgumentError, "the last batch");
  const { items: [done] } = await other.actions.list();
  assertEquals([done!.changed, done!.skipped, done!.next], [10, 5, null]);
});

Deno.test("a task whose status is not the one that the operator saw is skipped, for each task of a mixed selection", async () => {
  await using fleet = new Fleet();
  const web = await fill(fleet);
  const { tasks, bulk, actions } = web.operate;
  const { items: [waiting, other] } = await tasks.search({ statuses: ["WaitingQueue"] });
  const { items: [failed] } = await tasks.search({ statuses: ["Failed"] });
  const ids = [waiting!.id, failed!.id, other!.id.toUpperCase()];
  const seen = ["Failed", "Failed", "WaitingQueue"] as const; // the first one was retried since
  const filter = { ids };
  const dry = await bulk.delete(filter, { ...options, seen, dryRun: true });
  assertEquals([dry.changed, dry.skipped], [2, [{ reason: "changed", count: 1 }]]);
  const deleted = await bulk.delete(filter, { ...options, seen });
  assertEquals([deleted.changed, deleted.skipped], [dry.changed, dry.skipped]);
  const left = await tasks.search({ ids });
  assertEquals(left.items.map(({ id }) => id), [waiting!.id]);
  const { items: [action] } = await actions.list();
  assertEquals(JSON.parse(action!.before!), { filter, seen });
  for (const wrong of [["Failed"], ["Late", "Failed", "Failed"], "Failed"] as never[]) {
    const call = () => bulk.delete(filter, { ...options, seen: wrong });
    await assertRejects(call, InvalidArgumentError, "options.seen");
  }
  const unnamed = () => bulk.delete({ types: ["email"] }, { ...options, seen });
  await assertRejects(unnamed, InvalidArgumentError, "a status for each of");
});

Deno.test("a filter without matches records no action, and an empty filter is rejected", async () => {
  await using fleet = new Fleet();
  const web = await fill(fleet);
  const { bulk, actions } = web.operate;
  const nothing = { changed: 0, skipped: [], next: null, actionId: null };
  assertEquals(await bulk.delete({ types: ["unknown"] }, options), nothing);
  assertEquals((await actions.list()).items, []);
  for (const filter of [{}, { types: undefined }] as TaskFilter[]) {
    await assertRejects(() => bulk.delete(filter, options), InvalidArgumentError, "empty");
  }
  const wrong = [
    { after: "nonsense" },
    { after: "dry.01900000-0000-7000-8000-000000000001" },
    { after: "1.01900000-0000-7000-8000-000000000001", dryRun: true },
    { limit: 0 },
    { limit: 201 },
    { dry: true },
  ];
  for (const each of wrong) {
    const call = () => bulk.delete({ types: ["email"] }, { ...options, ...each } as BulkOptions);
    await assertRejects(call, InvalidArgumentError);
  }
});

const places = await Places.start();
Deno.test.afterAll(() => places.stop());

for (const kind of placeKinds) {
  Deno.test(`${kind}: bulk changes do not affect running workers, and no task is lost`, async () => {
    await using scene = await Scene.open(places, kind, { tasks });
    const { web } = scene;
    let runs = 0;
    const counted = defineTask<number>({ type: "email", handle: () => void runs++ });
    const waiting = await web.dispatchMany(email, Array.from({ length: 300 }, (_, n) => n), {
      delay: { hours: 1 },
    });
    const queues = { default: { parallelism: 20 } };
    const engine = await scene.work({ tasks: [counted], queues });
    const { bulk } = web.operate;
    const filter = { types: ["email"], statuses: ["WaitingQueue"] } as const;
    // Claims, ends and two operators change the same rows concurrently.
    const [run, moved] = await Promise.all([
      all((...args) => bulk.runNow(...args), filter, { ...options, limit: 50 }),
      all((filter, options) => bulk.edit(filter, { priority: 5 }, options), filter, {
        by: "bob",
        limit: 30,
      }),
    ]);
    for (const { changed, skipped } of [run, moved]) {
      const seen = changed + Object.values(skipped).reduce((sum, count) => sum + count, 0);
      assert(seen <= 300, `each task is checked once: ${seen}`);
      for (const reason of Object.keys(skipped)) {
        assert(["changed", "held", "ended"].includes(reason), reason);
      }
    }
    // Makes the tasks due that were skipped because the other operator had changed them.
    await all((...args) => bulk.runNow(...args), filter, options);
    await eventually("all have run", async () => {
      const { tasksByStatus } = await web.statistics();
      return tasksByStatus.Completed === waiting.length;
    });
    await engine.everTask.stop({ timeout: 0 });
    assertEquals(runs, waiting.length, "each has run once");
    const rest = await all((...args) => bulk.delete(...args), { types: ["email"] }, options);
    assertEquals(rest.changed, 300);
    assertEquals((await web.list()).items, []);
  });
}
