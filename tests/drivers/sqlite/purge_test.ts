// A purge of more rows than one step takes: it runs in steps, with other work in between, and
// resumes where it stopped.

import { assert, assertEquals, assertFalse, assertGreater, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { tasksInTurn } from "../../../drivers/sqlite/purge_position.ts";
import type { SqliteRow } from "../../../drivers/sqlite/sqlite_library.ts";
import type { PurgeResult } from "../../../src/storage/retention.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { newTask, slotRequest } from "../../support/new_task.ts";
import { recording, Scratch } from "./support.ts";

const day = 86_400_000;
const policy = { statusAuditDays: 1, deleteCompletedTasksAfterRetention: true };

/** Stores completed tasks with two audit rows each, which are older than the policy keeps them. */
async function storeOldTasks(storage: Storage, clock: FakeClock, count: number): Promise<void> {
  const tasks = Array.from({ length: count }, () => newTask());
  await storage.persist(tasks);
  await storage.setStatusMany(tasks.map(({ id }) => ({
    taskId: id,
    auditLevel: "Full",
    transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
  })));
  await clock.advance(2 * day);
}

/** Returns the result of a purge that no other purge prevents. */
async function purged(purge: Promise<PurgeResult>): Promise<PurgeResult> {
  const result = await purge;
  assertFalse(result.busy, "a purge has not ended its turn");
  return result;
}

Deno.test("a purge of many rows deletes them all, with other work in between", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  await storeOldTasks(storage, clock, 5000);
  let turns = 0;
  let purging = true;
  const purge = storage.purge(policy, { budget: 1_000_000 }).finally(() => purging = false);
  while (purging) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    turns++;
  }
  const result = await purge;
  assertEquals([result.statusAudit, result.tasks, result.done], [10_000, 5000, true]);
  // The first step has 2,000 rows, and each later one at most twice as many as the previous one.
  assertGreater(turns, 4);
  assertEquals((await storage.list()).items, []);
});

Deno.test("purges with a small budget resume where the last one stopped, up to the end", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  await storeOldTasks(storage, clock, 300);
  const recent = newTask();
  await storage.persist([recent]);
  const total = { statusAudit: 0, tasks: 0 };
  let calls = 0;
  for (let done = false; !done; calls++) {
    const result = await purged(storage.purge(policy, { budget: 70 }));
    assert(result.statusAudit + result.tasks <= 70);
    total.statusAudit += result.statusAudit;
    total.tasks += result.tasks;
    done = result.done;
  }
  assertEquals(total, { statusAudit: 600, tasks: 300 });
  assertGreater(calls, 12);
  assertEquals((await storage.list()).items.map(({ id }) => id), [recent.id]);
  assertEquals((await storage.statusAudit(recent.id)).items.length, 1);
});

Deno.test("each step of a purge reads only its own rows", async () => {
  await using scratch = new Scratch();
  const database = new DatabaseSync(":memory:");
  const statements = new Set<string>();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock, database: recording(database, statements) });
  await storage.persist([newTask({ tags: ["imported"] })]);
  await storeOldTasks(storage, clock, 3);
  statements.clear();
  for (let done = false; !done;) ({ done } = await purged(storage.purge(policy, { budget: 1 })));
  const steps = [...statements].filter((sql) => sql.includes(") <= (?"));
  assertEquals(steps.length, 3, "history, tags and tasks");
  for (const sql of steps) {
    const [{ detail }] = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as [SqliteRow];
    // The key's columns have an upper bound, which is that of the step.
    assertMatch(detail as string, /\((.+)>(.+) AND \1<\2\)$/);
  }
  database.close();
});

Deno.test("a process that died during a purge blocks others for half a minute at most", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  await storeOldTasks(storage, clock, 3);
  const database = new DatabaseSync(scratch.path);
  database.prepare("UPDATE evertask_state SET purging_until_utc = ?").run(clock.now() + 30_000);
  database.close();
  assertEquals((await storage.purge(policy, { budget: 100 })).busy, true);
  await clock.advance(30_000);
  assertEquals((await storage.purge(policy, { budget: 100 })).tasks, 3);
});

Deno.test("a turn of a process whose clock was ahead does not block others", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  await storeOldTasks(storage, clock, 3);
  const database = new DatabaseSync(scratch.path);
  database.prepare("UPDATE evertask_state SET purging_until_utc = ?").run(clock.now() + 3_600_000);
  database.close();
  assertEquals((await storage.purge(policy, { budget: 100 })).tasks, 3);
});

Deno.test("a purge waits for a process that writes between two of its steps, and at its end", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock, busyTimeout: 60_000 });
  await storeOldTasks(storage, clock, 5000);
  const other = new DatabaseSync(scratch.path);
  other.exec("PRAGMA busy_timeout = 60000");
  const purge = storage.purge(policy, { budget: 1_000_000 });
  let purging = true;
  void purge.finally(() => purging = false);
  let held = 0;
  while (purging) {
    await new Promise((resolve) => setTimeout(resolve, 0)); // the purge has done a step
    other.exec("BEGIN IMMEDIATE");
    await new Promise((resolve) => setTimeout(resolve, 50)); // longer than an attempt waits
    other.exec("ROLLBACK");
    held++;
  }
  other.close();
  const { done, busy, statusAudit, tasks } = await purge;
  assertEquals({ done, busy, statusAudit, tasks }, {
    done: true,
    busy: false,
    statusAudit: 10_000,
    tasks: 5000,
  });
  assertGreater(held, 2);
  assertEquals((await storage.purge(policy, { budget: 1 })).busy, false, "its turn has ended");
});

Deno.test("of two processes that purge at once the second does nothing, until the first is done", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const [here, there] = [await scratch.open({ clock }), await scratch.open({ clock })];
  await storeOldTasks(here, clock, 3);
  const nothing = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0, operatorActions: 0 };
  const results = await Promise.all([here, there].map((each) => each.purge(policy, { budget: 1 })));
  assertEquals(results, [
    { ...nothing, statusAudit: 1, done: false, busy: false },
    { ...nothing, done: false, busy: true },
  ]);
  assertEquals((await there.purge(policy, { budget: 1000 })).tasks, 3);
});

Deno.test("a purge keeps its turn until it ends", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const [here, there] = [await scratch.open({ clock }), await scratch.open({ clock })];
  await storeOldTasks(here, clock, 5000);
  let purging = true;
  const purge = here.purge(policy, { budget: 1_000_000 }).finally(() => purging = false);
  const others: boolean[] = [];
  while (purging) {
    await clock.advance(25_000);
    if (purging) others.push((await there.purge(policy, { budget: 1 })).busy);
  }
  await purge;
  assertGreater(others.length, 2);
  assertEquals(others.filter((busy) => !busy), []);
});

Deno.test("a purge keeps a task whose errors stay, however many tasks a step has", async () => {
  for (const budget of [1, 3, 100]) {
    await using scratch = new Scratch();
    const clock = new FakeClock();
    const storage = await scratch.open({ clock });
    const kept = newTask();
    await storage.persist([kept]);
    await storage.setStatusMany([{
      taskId: kept.id,
      auditLevel: "Full",
      transitions: [
        { status: "Queued", exception: "Error: busy", agoMs: 0 },
        { status: "Completed", exception: null, agoMs: 0 },
      ],
    }]);
    await storeOldTasks(storage, clock, 5);
    const errors = { ...policy, errorAuditDays: 9 };
    for (let done = false; !done;) ({ done } = await purged(storage.purge(errors, { budget })));
    assertEquals((await storage.list()).items.map(({ id }) => id), [kept.id]);
    assertEquals((await storage.statusAudit(kept.id)).items.length, 1);
  }
});

Deno.test("a store that is closed during a purge ends it after a step, and ends its turn", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const [here, there] = [await scratch.open({ clock }), await scratch.open({ clock })];
  await storeOldTasks(here, clock, 5000);
  const purge = here.purge(policy, { budget: 1_000_000 });
  await here.close();
  const ended = await purge;
  assertEquals([ended.done, ended.busy], [false, false]);
  const rest = await there.purge(policy, { budget: 1_000_000 });
  assertEquals(
    [ended.statusAudit + rest.statusAudit, ended.tasks + rest.tasks, rest.done],
    [10_000, 5000, true],
  );
  await here.open();
  assertEquals((await here.purge(policy, { budget: 1 })).done, true, "it can purge again");
});

Deno.test("a purge of more tasks than it scans in turn deletes them all, and their history first", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  const count = 2 * tasksInTurn + 10;
  await storeOldTasks(storage, clock, count);
  const database = new DatabaseSync(scratch.path);
  const numberOf = (table: string) =>
    database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n as number;
  const total = { statusAudit: 0, tasks: 0 };
  for (let done = false; !done;) {
    const result = await purged(storage.purge(policy, { budget: 9_000 }));
    total.statusAudit += result.statusAudit;
    total.tasks += result.tasks;
    done = result.done;
    // Rows of at most one turn are left over from tasks whose turn has begun.
    const [tasks, history] = [numberOf("queued_tasks"), numberOf("status_audit")];
    assert(history <= 2 * tasks, `${history} rows of history of ${tasks} tasks`);
    assert(2 * tasks - history <= 2 * tasksInTurn, `${history} rows of history of ${tasks} tasks`);
  }
  database.close();
  assertEquals(total, { statusAudit: 2 * count, tasks: count });
});

Deno.test("another policy does not resume where the previous one stopped", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  await storeOldTasks(storage, clock, 2);
  await storage.persist([newTask({ id: "01890000-0000-7000-8000-000000000000" })]);
  await clock.advance(2 * day);
  const long = { statusAuditDays: 3 };
  assertEquals((await storage.purge(long, { budget: 1 })).statusAudit, 1, "of an older task");
  const { statusAudit, done } = await storage.purge({ statusAuditDays: 1 }, { budget: 100 });
  assertEquals([statusAudit, done], [4, true], "the task with the lowest id is not skipped");
});

Deno.test("rate limit keys that were idle for a day are deleted", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  await storage.takeRateSlots([slotRequest({ key: "old" })]);
  await clock.advance(2 * day);
  await storage.takeRateSlots([slotRequest({ key: "new" })]);
  await clock.advance(day / 2);
  await storage.purge({}, { budget: 100 });
  const database = new DatabaseSync(scratch.path);
  const keys = database.prepare("SELECT key FROM rate_limits").all().map((row) => row.key);
  assertEquals(keys, ["new"]);
  database.close();
});

Deno.test("a process whose turn expired during a purge leaves the rest to its successor", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  await storeOldTasks(storage, clock, 5000);
  const purge = storage.purge(policy, { budget: 1_000_000 });
  await new Promise((resolve) => setTimeout(resolve, 0)); // some batches are done by then
  const database = new DatabaseSync(scratch.path);
  const theirs = clock.now() + 60_000;
  database.prepare("UPDATE evertask_state SET purging_until_utc = ?").run(theirs);
  const { done, busy, statusAudit, tasks } = await purge;
  assertEquals({ done, busy, tasks }, { done: false, busy: false, tasks: 0 });
  assertGreater(statusAudit, 0);
  const state = database.prepare("SELECT purging_until_utc FROM evertask_state").get();
  assertEquals(state?.purging_until_utc, theirs, "the other process keeps its turn");
  database.close();
});
