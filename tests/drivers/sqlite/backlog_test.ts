// The backlog of lines that are longer than a slice: each task counts once, up to the cap, and other
// work runs meanwhile.

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Storage } from "../../../src/storage/storage.ts";
import { nextMacrotask } from "../../../src/time/macrotask.ts";
import { newTask } from "../../support/new_task.ts";
import { Scratch } from "./support.ts";

const later = 9_000_000_000_000;

/** Inserts waiting tasks of one priority, with three due instants. */
function fill(path: string, priority: number, count: number, dueAt: number): void {
  using database = new DatabaseSync(path);
  database.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO queued_tasks (id, type, handler, status, queue_name, priority, created_at_utc,
       due_at_utc, request)
     SELECT printf('01900000-0000-7000-8000-%04x%08x', ?, i), 'send-email', 'Send', 'Queued',
       'default', ?, 0, ? + i % 3, '{}' FROM n`,
  ).run(count, priority + (dueAt === later ? 100 : 0), priority, dueAt);
}

async function counted(storage: Storage, cap?: number): Promise<[due: number, scheduled: number]> {
  const { queues: [queue, ...others] } = await storage.backlog(cap);
  assertEquals([queue!.queue, queue!.oldestDueAt, others], ["default", 1000, []]);
  return [queue!.due, queue!.scheduled];
}

Deno.test("a backlog counts each task once, up to the cap, and lets other work run", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  fill(scratch.path, 0, 20_000, 1000);
  fill(scratch.path, 10, 2_500, 1001);
  fill(scratch.path, 10, 13_000, later);

  let turns = 0;
  let asking = true;
  const asked = counted(storage).finally(() => asking = false);
  while (asking) {
    await new Promise<void>(nextMacrotask);
    turns++;
  }
  assertEquals(await asked, [22_500, 13_000]);
  // At least two slices of due tasks in one line, and one of due and two of other tasks in the other.
  assertGreaterOrEqual(turns, 5);

  for (const cap of [1, 2_500, 2_501, 10_000, 10_001, 13_000, 20_000, 22_499, 22_500, 22_501]) {
    const expected = [Math.min(cap, 22_500), Math.min(cap, 13_000)];
    assertEquals(await counted(storage, cap), expected, `with the cap ${cap}`);
  }
});

Deno.test("a damaged queue name neither hides the other queues nor blocks the process", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  await storage.persist(["mail", "zoo"].map((queue) => newTask({ queue })));
  const database = new DatabaseSync(scratch.path);
  database.exec(
    "UPDATE queued_tasks SET queue_name = CAST(X'6DFF' AS TEXT) WHERE queue_name = 'mail'",
  );
  database.close();
  await storage.persist([newTask({ queue: "mail" })]);
  assertEquals((await storage.backlog()).queues.map(({ queue }) => queue), ["mail", "zoo"]);
});
