// A backup that replaces the open file: it is detected and reported once, and then used.

import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { StorageError } from "../../../src/storage/errors.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { newTask } from "../../support/new_task.ts";
import { countTasks, Scratch } from "./support.ts";

Deno.test("each replacement of the file is reported once, and then the new file is opened", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  const { path } = scratch;
  for (let times = 0; times < 2; times++) {
    using database = new DatabaseSync(path);
    database.exec(`VACUUM INTO '${path}.backup'`);
    await storage.persist([newTask()]);
    await Deno.rename(`${path}.backup`, path);
    for (const side of ["-wal", "-shm"]) await Deno.remove(path + side);
    await clock.advance(1000);
    const refused = () => storage.heartbeat("worker", 60_000);
    await assertRejects(refused, StorageError, "another file");
    await storage.persist([newTask(), newTask()]);
    assertEquals(await countTasks(storage), 2 * (times + 1));
    using fresh = new DatabaseSync(path);
    const { n } = fresh.prepare("SELECT count(*) AS n FROM queued_tasks").get()!;
    assertEquals(n, 2 * (times + 1));
  }
});

Deno.test("all calls are rejected while the file is missing", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  await Deno.rename(scratch.path, `${scratch.path}.away`);
  await clock.advance(1000);
  for (let n = 0; n < 3; n++) {
    await assertRejects(() => storage.persist([newTask()]), StorageError, "is gone");
  }
  await Deno.rename(`${scratch.path}.away`, scratch.path);
  await storage.persist([newTask()]);
  assertEquals(await countTasks(storage), 1);
});
