import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
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

    const outputs = workers.map(() => [] as string[]);
    const readings = workers.map(async (worker, i) => {
      for (let line = await worker.next(); line !== null; line = await worker.next()) {
        outputs[i]!.push(line);
      }
    });

    // On a busy machine one of them may need a while until it gets something to do.
    const bothTakePart = () => outputs.every((lines) => lines.length > 0);
    let each = 0;
    for (; each < 12 || !bothTakePart() && each < 100; each++) {
      await everTask.dispatchMany(limited, ["ada", "bob"]);
      await delay(each < 12 ? 10 : 250);
    }
    assert(bothTakePart(), "both take part");
    while ((await everTask.statistics()).tasksByStatus.Completed < 2 * each) await delay(50);
    outputs.push(...await Promise.all(workers.map((worker) => worker.end())));
    await Promise.all(readings);
    const runs = outputs.flat().map((line) => line.split(" ") as [string, string]);
    for (const key of ["ada", "bob"]) {
      const instants = runs.filter(([k]) => k === key).map(([, at]) => Number(at)).sort((a, b) =>
        a - b
      );
      assertEquals(instants.length, each);
      for (const [i, from] of instants.entries()) {
        const inWindow = instants.slice(i).filter((at) => at < from + 1_000).length;
        assertLessOrEqual(inWindow, 6, `permits + burst in the second from ${from}`);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
