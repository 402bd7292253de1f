// The statistics of a large table: ended tasks are estimated from a sample, and unfinished ones are
// counted unless they are very many.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { StorageStatistics } from "../../../src/storage/queries.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { endedStatuses, taskStatuses } from "../../../src/storage/task_status.ts";
import { newTask, series } from "../../support/new_task.ts";
import { Scratch } from "./support.ts";

/** Inserts tasks with the rowids `first` to `last`. Every 20th has completed a run and waits for the next. */
function fill(path: string, first: number, last: number): void {
  using database = new DatabaseSync(path);
  database.prepare(
    `WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO queued_tasks (rowid, id, type, handler, status, queue_name, priority, created_at_utc,
       due_at_utc, request)
     SELECT i, printf('01900000-0000-7000-8000-%012x', i), 'send-email', 'Send', CASE i * 7 % 10
       WHEN 0 THEN 'Failed' WHEN 1 THEN 'Cancelled' ELSE 'Completed' END, 'default', 0, 0,
       CASE WHEN i % 20 = 1 THEN 9000000000000 END, '{}' FROM n`,
  ).run(first, last);
}

/** Claims tasks as series are claimed, which keep the status of their last run. */
function claimEveryFifth(path: string): void {
  using database = new DatabaseSync(path);
  database.exec(
    "UPDATE queued_tasks SET worker_id = 'worker' WHERE rowid % 5 = 0 AND rowid <= 60000",
  );
}

/** Stores a running task, a claimed one, a series that is paused, and one that has completed a run. */
async function addUnfinished(storage: Storage, path: string): Promise<void> {
  const tasks = [newTask(), newTask(), newTask({ queue: "email" })];
  const all = [...tasks, newTask({ series: series() }), newTask({ series: series() })];
  await storage.registerWorker({ id: "worker", host: "example.org" });
  await storage.persist(all.slice(0, 2));
  const queues = [{ name: "default", limit: 2 }];
  const claimed = await storage.claim({ workerId: "worker", types: ["send-email"], queues });
  await storage.setStatus(claimed.tasks[0]!.id, "InProgress", null, "None");
  await storage.persist(all.slice(2));
  using database = new DatabaseSync(path);
  const [paused, ran] = all.slice(3);
  database.prepare("UPDATE queued_tasks SET due_at_utc = NULL, paused = 1 WHERE id = ?")
    .run(paused!.id);
  database.prepare("UPDATE queued_tasks SET status = 'Completed' WHERE id = ?").run(ran!.id);
}

function assertClose(found: StorageStatistics, counted: StorageStatistics): void {
  for (const status of taskStatuses) {
    const [number, expected] = [found.tasksByStatus[status], counted.tasksByStatus[status]];
    if (!found.estimated.includes(status)) assertEquals(number, expected, status);
    else assertAlmostEquals(number, expected, expected * 0.1, status);
  }
  assertEquals(found.queues, counted.queues);
}

/** Checks statistics that are estimates, except of running tasks. */
async function assertEstimated(storage: Storage): Promise<void> {
  const statistics = await storage.statistics();
  assertEquals(statistics.estimated, taskStatuses.filter((status) => status !== "InProgress"));
  assertClose(statistics, await storage.statistics({ exact: true }));
}

Deno.test("statistics estimate the ended tasks of a large table, and count all others", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  fill(scratch.path, 1, 60_000);
  await addUnfinished(storage, scratch.path);
  claimEveryFifth(scratch.path);

  const counted = await storage.statistics({ exact: true });
  assertEquals(counted.estimated, []);
  assertEquals(
    taskStatuses.map((status) => counted.tasksByStatus[status]),
    [0, 3, 1, 0, 6_000, 48_001, 6_000, 0],
  );
  const statistics = await storage.statistics();
  assertEquals(statistics.estimated, endedStatuses);
  assertClose(statistics, counted);
});

Deno.test("statistics of very many waiting tasks are estimates, too", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  fill(scratch.path, 1, 45_000);
  await addUnfinished(storage, scratch.path);
  const waiting = Array.from({ length: 10_001 }, () => newTask());
  await storage.persist(waiting);
  await assertEstimated(storage);
});

Deno.test("statistics know the number of waiting tasks even if a sample has too few of them", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  await addUnfinished(storage, scratch.path);
  await storage.persist(Array.from({ length: 5_001 }, () => newTask()));
  // Two of 256 places are among these tasks, the first of which have another status.
  fill(scratch.path, 1_000_001, 1_060_000);
  using database = new DatabaseSync(scratch.path);
  database.exec("UPDATE queued_tasks SET due_at_utc = NULL WHERE rowid > 1000000");
  database.exec("UPDATE queued_tasks SET status = 'Pending' WHERE rowid BETWEEN 1 AND 500");
  await assertEstimated(storage);
});

Deno.test("statistics count a table with few tasks, even if their rowids are far apart", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  fill(scratch.path, 1, 10);
  fill(scratch.path, 1_000_001, 1_000_010);
  const { estimated, tasksByStatus } = await storage.statistics();
  assertEquals(estimated, []);
  assertEquals(tasksByStatus.Completed, 16);
});

Deno.test("old tasks that retention has left are counted, and do not hide the new ones", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  using database = new DatabaseSync(scratch.path);
  fill(scratch.path, 1, 3_000);
  database.exec("UPDATE queued_tasks SET rowid = 10000 * rowid");
  fill(scratch.path, 40_000_000, 40_060_000);
  database.exec(
    "UPDATE queued_tasks SET due_at_utc = NULL, status = 'Failed' WHERE rowid < 40000000",
  );
  database.exec(
    "UPDATE queued_tasks SET due_at_utc = NULL, status = 'Completed' WHERE rowid >= 40000000",
  );
  const { tasksByStatus } = await storage.statistics();
  assertEquals(tasksByStatus.Failed, 3_000);
  assertAlmostEquals(tasksByStatus.Completed, 60_001, 600);
});

Deno.test("all paused series are counted, also more than one page of them", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  fill(scratch.path, 100_000, 160_000);
  await storage.persist(Array.from({ length: 4_500 }, () => newTask({ series: series() })));
  using database = new DatabaseSync(scratch.path);
  database.exec(
    "UPDATE queued_tasks SET due_at_utc = NULL, paused = 1 WHERE recurring_task IS NOT NULL",
  );
  const { tasksByStatus, estimated } = await storage.statistics();
  assertEquals(estimated.includes("Queued"), false);
  assertEquals(tasksByStatus.Queued + tasksByStatus.WaitingQueue, 4_500);
});
