// Statistics over more rows than one read takes: each row counts once, and other work runs
// meanwhile.

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { nextMacrotask } from "../../../src/time/macrotask.ts";
import { newTask } from "../../support/new_task.ts";
import { Scratch } from "./support.ts";

const rows = 17_000;

/** Inserts copies of the task `id`, and many runs audit rows, directly into the tables. */
function fill(path: string, id: string): void {
  using database = new DatabaseSync(path);
  const columns = database.prepare("SELECT name FROM pragma_table_info('queued_tasks')").all()
    .map(({ name }) => String(name)).filter((name) => name !== "id");
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)";
  database.prepare(
    `INSERT INTO queued_tasks (id, ${columns}) ${numbers}
     SELECT printf('01900000-0000-7000-8000-%012x', i), ${columns} FROM n, queued_tasks WHERE id = ?`,
  ).run(rows - 1, id);
  database.prepare(
    `INSERT INTO runs_audit (queued_task_id, sequence, executed_at_utc, execution_time_ms, status)
     ${numbers} SELECT CASE WHEN i > 6000 THEN ? ELSE 'another' END, i, i * 1000, 1, 'Completed' FROM n`,
  ).run(rows, id);
}

Deno.test("statistics over many rows count each row once, and let other work run", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  const task = newTask();
  await storage.persist([task]);
  await storage.setStatus(task.id, "Completed", null, "None");
  fill(scratch.path, task.id);
  await storage.persist([newTask(), newTask({ queue: "email" })]);

  let turns = 0;
  let asking = true;
  const asked = Promise.all([storage.statistics(), storage.auditGrowth({ exact: true })])
    .finally(() => asking = false);
  while (asking) {
    await new Promise<void>(nextMacrotask);
    turns++;
  }
  const [{ tasksByStatus, queues }, growth] = await asked;
  assertEquals([tasksByStatus.Completed, tasksByStatus.Queued], [rows, 2]);
  assertEquals(queues.map(({ queue, due }) => [queue, due]), [["default", 1], ["email", 1]]);
  const runs = growth.find(({ table }) => table === "RunsAudit")!;
  assertEquals([runs.rows, runs.firstAt, runs.lastAt], [rows, 1000, rows * 1000]);
  // 17,000 rows are read in four slices of 5,000, each in a separate turn.
  assertGreaterOrEqual(turns, 4);
});
