// The features of the memory store beyond the contract, and the order of waiting tasks.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DueTasks } from "../../../drivers/memory/due_tasks.ts";
import { MemoryDatabase, memoryStorage } from "../../../drivers/memory/mod.ts";
import { TaskRow } from "../../../drivers/memory/rows.ts";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import type { NewTask } from "../../../src/storage/requests.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { newTask, series } from "../../support/new_task.ts";

function task(number: number, overrides: Partial<NewTask> = {}): NewTask {
  const id = `01900000-0000-7000-8000-${String(number).padStart(12, "0")}`;
  return newTask({ id, ...overrides });
}

Deno.test("storages share the database that they are given, and otherwise each has its own", async () => {
  const database = new MemoryDatabase();
  const [a, b, alone] = [memoryStorage({ database }), memoryStorage({ database }), memoryStorage()];
  for (const storage of [a, b, alone]) await storage.open();
  await a.persist([task(1)]);
  assertEquals((await b.list()).items.length, 1);
  assertEquals((await alone.list()).items.length, 0);
});

Deno.test("the storage uses the injected clock", async () => {
  const clock = new FakeClock("2026-12-25T10:00:00Z");
  const storage = memoryStorage({ clock });
  assertEquals(await storage.open(), { now: Date.UTC(2026, 11, 25, 10) });
  clock.setTime("2020-01-01T00:00:00Z");
  assertEquals((await storage.statistics()).now, Date.UTC(2020, 0, 1), "also when it is set back");
});

Deno.test("a caller's transaction is rejected, and nothing is stored", async () => {
  const storage = memoryStorage();
  await storage.open();
  const connection = {};
  for (
    const write of [
      () => storage.persist([task(1)], { connection }),
      () => storage.setStatus(task(1).id, "Failed", null, "Full", { connection }),
      () => storage.updateCurrentRun(task(1).id, 1, null, "Full", { connection }),
    ]
  ) {
    await assertRejects(write, InvalidArgumentError, "connection is ");
  }
  assertEquals((await storage.list()).items, []);
});

Deno.test("of the ended tasks, the latest are kept, and about twice the limit at most", async () => {
  const storage = memoryStorage({ keepEnded: 100 });
  await storage.open();
  const keyed = task(999, { taskKey: "first to end" });
  await storage.persist([keyed, ...Array.from({ length: 999 }, (_, n) => task(n))]);
  const { items } = await storage.list({}, { limit: 1000 });
  const waiting = items[500]!.id;
  for (const { id } of items) {
    if (id !== waiting) await storage.setStatus(id, "Completed", null, "Full");
  }
  const left = (await storage.list({ statuses: ["Completed"] }, { limit: 1000 })).items;
  assert(left.length >= 100 && left.length <= 264, `${left.length} are kept`);
  assertEquals(await storage.getByTaskKey("first to end"), null, "its key is deleted, too");
  const lastEnded = items.filter((row) => row.id !== waiting).slice(-100).map((row) => row.id);
  assertEquals(
    lastEnded.filter((id) => !left.some((row) => row.id === id)),
    [],
    "the last 100 are kept",
  );
  assertEquals((await storage.get(waiting))?.status, "Queued");
  const [growth] = await storage.auditGrowth();
  assertEquals(growth!.rows, 2 * left.length + 1, "their history goes with them");
});

Deno.test("an ended series stays, regardless of the tasks that end after it", async () => {
  const storage = memoryStorage({ keepEnded: 0 });
  await storage.open();
  const plan = { series: series(), status: "WaitingQueue" } as const;
  await storage.persist([task(0, plan), ...Array.from({ length: 199 }, (_, n) => task(n + 1))]);
  await storage.updateCurrentRun(task(0).id, 1, null, "Full");
  for (let n = 1; n < 200; n++) await storage.setStatus(task(n).id, "Completed", null, "Full");
  const ended = await storage.get(task(0).id);
  assertEquals([ended?.status, ended?.series?.nextRunAt], ["Completed", null]);
  assertEquals((await storage.runsAudit(task(0).id)).items.length, 1, "its run stays, too");
});

Deno.test("a task that ended and was made due again stays", async () => {
  const storage = memoryStorage({ keepEnded: 0 });
  await storage.open();
  await storage.persist(Array.from({ length: 200 }, (_, n) => task(n)));
  await storage.setStatus(task(0).id, "Failed", "it broke", "Full");
  await storage.makeDue([task(0).id]);
  for (let n = 1; n < 200; n++) await storage.setStatus(task(n).id, "Completed", null, "Full");
  assertEquals((await storage.get(task(0).id))?.status, "Queued");
});

Deno.test("purging a task does not free a key that another task holds now", async () => {
  const storage = memoryStorage({ keepEnded: 0 });
  await storage.open();
  const [first, second] = [task(0, { taskKey: "key" }), task(1, { taskKey: "key" })];
  await storage.persist([first]);
  await storage.setStatus(first.id, "Completed", null, "None");
  const policy = { statusAuditDays: 1e-9, deleteCompletedTasksAfterRetention: true };
  await new Promise((resolve) => setTimeout(resolve, 2));
  assertEquals((await storage.purge(policy, { budget: 10 })).tasks, 1);
  await storage.persist([second, ...Array.from({ length: 200 }, (_, n) => task(n + 2))]);
  for (let n = 2; n < 202; n++) await storage.setStatus(task(n).id, "Completed", null, "Full");
  assertEquals((await storage.getByTaskKey("key"))?.id, second.id);
});

Deno.test("a listener is notified only of other storages' changes, until it is removed or its storage is closed", async () => {
  const database = new MemoryDatabase();
  const [here, there] = [memoryStorage({ database }), memoryStorage({ database })];
  for (const storage of [here, there]) await storage.open();
  const heard: string[] = [];
  const end = here.onWake(({ kind }) => heard.push(kind));
  const told = async (deed: () => Promise<unknown>) => {
    await deed();
    return heard.splice(0);
  };
  assertEquals(await told(() => there.persist([task(1)])), ["tasks"]);
  assertEquals(await told(() => here.persist([task(2)])), []);
  assertEquals(await told(() => here.setQueuePaused("email", true)), []);
  await here.close();
  assertEquals(await told(() => there.persist([task(3)])), []);
  await here.open();
  const removed = told(() => there.persist([task(4)]));
  end();
  assertEquals(await removed, [], "pending notifications are dropped, too");
});

Deno.test("a worker is lost after more than its lease, or if it is unregistered while it holds a task", async () => {
  const clock = new FakeClock();
  const storage = memoryStorage({ clock });
  await storage.open();
  for (const id of ["a", "b"]) await storage.registerWorker({ id, host: "here" });
  const othersLost = async () => (await storage.heartbeat("b", 1000)).othersLost;
  await clock.advance(1000);
  assertEquals(await othersLost(), false);
  await clock.advance(1);
  assertEquals(await othersLost(), true);
  await storage.registerWorker({ id: "a", host: "here" });
  const held = task(1, { claimFor: "a" });
  await storage.persist([held]);
  await storage.unregisterWorker("a");
  assertEquals(await othersLost(), true, "the unregistered worker holds a task");
  await storage.setStatus(held.id, "Completed", null, "Full", {
    lease: { workerId: "a", token: 1 },
  });
  assertEquals(await othersLost(), false, "the task is completed");
});

Deno.test("an invalid keepEnded is rejected", () => {
  for (const keepEnded of [-1, 1.5, NaN, "5"]) {
    const options = { keepEnded: keepEnded as number };
    assertThrows(() => new MemoryDatabase(options), InvalidArgumentError, "keepEnded is ");
  }
});

Deno.test("waiting tasks are claimed in order, with any additions and removals in between", () => {
  // A deterministic generator, so that a failure can be repeated: Park and Miller's minimal
  // standard.
  let seed = 7;
  const random = (below: number) => (seed = seed * 48_271 % 2_147_483_647) % below;
  const due = new DueTasks();
  const waiting = new Set<TaskRow>();
  for (let step = 0; step < 20_000; step++) {
    const rows = [...waiting];
    if (random(3) > 0 || rows.length === 0) {
      const row = new TaskRow(task(step, { priority: random(3), type: `type ${random(3)}` }), 0);
      due.setDue(row, random(50));
      waiting.add(row);
    } else if (random(2) > 0) {
      const row = rows[random(rows.length)]!;
      due.setDue(row, random(2) > 0 ? random(50) : null);
      if (row.dueAt === null) waiting.delete(row);
    } else {
      const types = ["type 0", "type 1", "type 2"].slice(random(3));
      const expected = rows.filter((row) => row.dueAt! <= 40 && types.includes(row.type))
        .sort((a, b) => b.priority - a.priority || a.dueAt! - b.dueAt! || (a.id < b.id ? -1 : 1))
        .slice(0, 5);
      assertEquals(
        due.take("default", types, 5, 40).map((row) => row.id),
        expected.map((r) => r.id),
      );
      for (const row of expected) waiting.delete(row);
    }
    if (waiting.size > 60) {
      for (const row of waiting) due.setDue(row, null);
      waiting.clear();
      assertEquals([...due.byQueue()], [], "nothing is left behind");
    }
  }
});

Deno.test("a search and a count stop after 5,000 tasks that do not match, and continue from there", async () => {
  const storage = memoryStorage();
  await storage.open();
  const tasks = Array.from({ length: 5_005 }, () => newTask());
  await storage.persist([newTask({ type: "rare" }), ...tasks]);
  const ids = tasks.map(({ id }) => id);
  const filter = { types: ["other"] };
  const first = await storage.list(filter);
  assertEquals([first.items, first.next, first.incomplete], [[], ids[6]!, true]);
  assertEquals(await storage.count(filter, { cap: 5 }), { count: 0, next: ids[6]! });
  const rest = await storage.list(filter, { after: first.next! });
  assertEquals(rest, { items: [], next: null });
  assertEquals(await storage.count(filter, { cap: 5, after: ids[6]! }), { count: 0, next: null });
  await storage.close();
});
