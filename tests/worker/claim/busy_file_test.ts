import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async";
import { defineTask } from "../../../mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { startEngine } from "../../support/engine.ts";
import { startProgram } from "../../support/lines.ts";

Deno.test("a process that holds a SQLite file's lock for seconds delays the work, and nothing is lost or ended twice", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/tasks.db`;
    const runs = new Map<number, number>();
    const task = defineTask<number>({
      type: "work",
      handle: (n) => void runs.set(n, (runs.get(n) ?? 0) + 1),
    });
    await using engine = await startEngine({
      storage: sqliteStorage({ path, busyTimeout: 20 }),
      tasks: [task],
    });
    const { everTask } = engine;
    const before = Array.from({ length: 50 }, (_, n) => everTask.dispatch(task, n));
    const holder = startProgram(new URL("lock_holder.ts", import.meta.url).href, [path]);
    assertEquals(await holder.next(), "locked");
    const during = Array.from({ length: 50 }, (_, n) => everTask.dispatch(task, 50 + n));
    const stored = Promise.all(during);
    const first = await Promise.race([
      stored.then(() => "stored"),
      delay(2_000).then(() => "held up"),
    ]);
    assertEquals(first, "held up");
    await holder.end();
    const results = [...await Promise.all(before), ...await stored];
    for (const { id } of results) assertEquals((await engine.ended(id)).kind, "completed");
    assertEquals(runs.size, 100);
    for (const { id } of results) {
      const trail = (await everTask.statusAudit(id)).items.map((row) => row.newStatus);
      assertEquals(trail, ["Queued", "InProgress", "Completed"]);
    }
    assert(engine.complaints.length < 100, `${engine.complaints.length} complaints`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
