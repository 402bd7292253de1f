// The table of series has all series, however they are written, and no other task.

import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { newTask, series } from "../../support/new_task.ts";
import { Scratch } from "./support.ts";

Deno.test("series that are dispatched, copied or deleted are found, and leave nothing behind", async () => {
  await using scratch = new Scratch();
  await using other = new Scratch();
  const [source, target] = [await scratch.open(), await other.open()];
  const [once, recurring] = [newTask({ taskKey: "key" }), newTask({ series: series() })];
  await source.persist([once, recurring]);
  await source.persist([newTask({ taskKey: "key", series: series() })]);
  const ids = [once.id, recurring.id].sort();
  const tasks = await source.copying!.exportTasks({ after: null, upTo: null, limit: 10 });
  await target.copying!.importTasks(tasks, []);
  for (const storage of [source, target]) {
    const { items } = await storage.list({ recurring: true }, { order: "oldest" });
    assertEquals(items.map(({ id }) => id), ids);
  }
  await target.copying!.importTasks([], [once.id]);
  using database = new DatabaseSync(other.path);
  const left = database.prepare("SELECT task_id FROM task_series").all();
  assertEquals(left.map(({ task_id }) => task_id), [recurring.id]);
});
