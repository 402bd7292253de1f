import { assertEquals, assertLessOrEqual } from "@std/assert";
import { delay } from "@std/async";
import { createEverTask } from "../../mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { startProgram } from "../support/lines.ts";
import { limited } from "./limited_worker.ts";

Deno.test("two processes on one store together keep to a key's limit over any window, and use it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/tasks.db`;
    await using everTask = createEverTask({ storage: sqliteStorage({ path }), tasks: [limited] });
    await everTask.statistics(); // creates the tables
    const script = new URL("limited_worker.ts", import.meta.url).href;
    const workers = [startProgram(script, [path]), startProgram(script, [path])];
    for (const worker of workers) assertEquals(await worker.next(), "ready");

    for (let n = 0; n < 12; n++) {
      await everTask.dispatchMany(limited, ["ada", "bob"]);
      await delay(10);
    }
    while ((await everTask.statistics()).tasksByStatus.Completed < 24) await delay(50);
    const outputs = await Promise.all(workers.map((worker) => worker.end()));
    assertEquals(outputs.every((lines) => lines.length > 0), true, "both took part");
    const runs = outputs.flat().map((line) => line.split(" ") as [string, string]);
    for (const key of ["ada", "bob"]) {
      const instants = runs.filter(([k]) => k === key).map(([, at]) => Number(at)).sort((a, b) =>
        a - b
      );
      assertEquals(instants.length, 12);
      for (const [i, from] of instants.entries()) {
        const inWindow = instants.slice(i).filter((at) => at < from + 1_000).length;
        assertLessOrEqual(inWindow, 6, `permits + burst in the second from ${from}`);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
