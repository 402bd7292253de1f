// SQLite's plans of searches and counts: they read in the order of ids, without sorting, and at
// most the rows that one call may read.

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { NewTask } from "../../../src/storage/requests.ts";
import type { TaskFilter } from "../../../src/storage/queries.ts";
import { newId, newTask, series } from "../../support/new_task.ts";
import { recording, Scratch } from "./support.ts";

const now = Date.now();

const byId = /^(SEARCH|SCAN) queued_tasks USING (COVERING )?INDEX sqlite_autoindex_queued_tasks_1/;
const bySeries =
  /^(SEARCH|SCAN) task_series\b|^SEARCH queued_tasks USING INDEX sqlite_autoindex_queued_tasks_1 \(id=\?\)/;
const byTag =
  /^SEARCH (task_tags|other|queued_tasks)( EXISTS)? USING (COVERING )?(PRIMARY KEY|INDEX sqlite_autoindex_queued_tasks_1)|^CORRELATED/;
const byKey = /^SEARCH queued_tasks USING INDEX queued_tasks_task_key \(task_key=\?\)/;

const filters: [filter: TaskFilter, goesBy: RegExp][] = [
  [{}, byId],
  [{ statuses: ["Failed", "Cancelled"] }, byId],
  [{ types: ["other"], queues: ["default"] }, byId],
  [{ queues: ["other"], dueFrom: now, dueBefore: now + 1 }, byId],
  [{ executedFrom: now, createdBefore: now }, byId],
  [{ exceptionContains: "none has this" }, byId],
  [{ taskKeyPrefix: "none begins so" }, byId],
  [{ ids: [newId(), newId()] }, byId],
  [{ recurring: true }, bySeries],
  [{ recurring: true, statuses: ["Failed"] }, bySeries],
  [{ tags: ["many"] }, byTag],
  [{ tags: ["many", "few"] }, byTag],
  [{ tags: ["many"], recurring: false, types: ["other"] }, byTag],
  [{ taskKey: "key" }, byKey],
  [{ taskKey: "key", statuses: ["Failed"] }, byKey],
];

Deno.test("a search and a count read an index in the order of ids, and stop after 5,000 rows", async () => {
  const database = new DatabaseSync(":memory:");
  const statements = new Set<string>();
  await using scratch = new Scratch();
  const storage = await scratch.open({ database: recording(database, statements) });
  const tasks = Array.from({ length: 5_050 }, () => newTask({ auditLevel: "None" }));
  tasks.unshift(newTask({ taskKey: "key" }), newTask({ series: series() }));
  await storage.persist(tasks);
  const ids = tasks.map(({ id }) => id).sort();
  const seen: [sql: string, goesBy: RegExp][] = [];
  for (const [filter, goesBy] of filters) {
    statements.clear();
    const what = JSON.stringify(filter);
    const newest = await storage.list(filter);
    const oldest = await storage.list(filter, { order: "oldest" });
    await storage.count(filter, { cap: 10 });
    const reading = [...statements].filter((sql) => sql.startsWith("SELECT"));
    assert(reading.length > 0, `no statement was seen of ${what}`);
    for (const sql of reading) seen.push([sql, goesBy]);
    if (goesBy !== byId || filter.ids !== undefined) continue;
    if (Object.keys(filter).length === 0) assertEquals(newest.incomplete, undefined);
    else assertEquals([newest.incomplete, newest.next], [true, ids.at(-5_000)], what);
    if (newest.items.length === 0) assertEquals(oldest.next, ids[4_999], what);
  }
  assert(seen.length > 30, `only ${seen.length} statements were seen`);
  for (const analyze of ["", "ANALYZE"]) {
    database.exec(analyze);
    for (const [sql, goesBy] of seen) assertEquals(strayingSteps(database, sql, goesBy), [], sql);
  }
  database.close();
});

const byLine = /^SEARCH queued_tasks USING (COVERING )?INDEX queued_tasks_due \(queue_name[=>]\?/;

Deno.test("a search by due instant and a backlog read the lines of the index of claimable tasks, and stop", async () => {
  const database = new DatabaseSync(":memory:");
  const statements = new Set<string>();
  await using scratch = new Scratch();
  const storage = await scratch.open({ database: recording(database, statements) });
  const waiting = (count: number, task: Partial<NewTask>) =>
    Array.from({ length: count }, () => newTask({ auditLevel: "None", ...task }));
  await storage.persist([
    ...waiting(5_050, { queue: "a" }),
    ...waiting(40, { queue: "a", priority: 1 }),
    ...waiting(40, { queue: "b", due: { inMs: 1000 } }),
  ]);
  statements.clear();
  const { queues } = await storage.backlog(100);
  assertEquals(queues.map(({ due, scheduled }) => [due, scheduled]), [[100, 0], [0, 40]]);
  const { items, incomplete } = await storage.list({}, { order: "due" });
  assertEquals([items.length, incomplete], [50, undefined]);
  const first = await storage.list({ types: ["none"] }, { order: "due" });
  assertEquals([first.items.length, first.incomplete], [0, true]);
  const after = first.next!;
  const second = await storage.list({ types: ["none"] }, { order: "due", after });
  assertEquals([second.items.length, second.incomplete], [0, true]);
  const reading = [...statements].filter((sql) => sql.startsWith("SELECT") && !isPaused(sql));
  assert(reading.length > 5, `only ${reading.length} statements were seen`);
  for (const analyze of ["", "ANALYZE"]) {
    database.exec(analyze);
    for (const sql of reading) {
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => detail);
      const others = steps.filter((step) => !/^(CO-ROUTINE|SCAN) \(/.test(String(step)));
      assertEquals(others.filter((step) => !byLine.test(String(step))), [], sql);
    }
  }
  database.close();
});

function isPaused(sql: string): boolean {
  return sql.includes("FROM paused_queues");
}

/** Returns the steps of a statement's plan that do not match `goesBy`. */
function strayingSteps(database: DatabaseSync, sql: string, goesBy: RegExp): string[] {
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) =>
    String(detail)
  );
  return steps.filter((step) =>
    !goesBy.test(step) && !/^USE TEMP B-TREE FOR ORDER BY$/.test(step) ||
    goesBy === byId && step.includes("TEMP B-TREE")
  );
}
