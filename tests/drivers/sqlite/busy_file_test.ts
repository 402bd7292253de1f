// A file that another connection writes to for a while: calls wait for it, and the event loop goes on.

import { assertEquals, assertLess } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { newTask } from "../../support/new_task.ts";
import { countTasks, Scratch } from "./support.ts";

Deno.test("calls wait for a busy file without holding up the event loop, and all are done once it is free", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open({ busyTimeout: 60_000 });
  const other = new DatabaseSync(scratch.path);
  other.exec("BEGIN IMMEDIATE");
  const tasks = Array.from({ length: 20 }, () => newTask());
  const stored = Promise.all(tasks.map((task) => storage.persist([task])));
  const start = performance.now();
  let turns = 0;
  for (; performance.now() - start < 500; turns++) await new Promise((turn) => setTimeout(turn, 0));
  assertLess(20, turns);
  other.exec("ROLLBACK");
  other.close();
  await stored;
  assertEquals(await countTasks(storage), tasks.length);
});
