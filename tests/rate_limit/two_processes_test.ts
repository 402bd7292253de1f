// Tests rate limits with real processes, databases and clocks.

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { delay } from "@std/async";
import { createEverTask } from "../../mod.ts";
import { startProgram } from "../support/lines.ts";
import { startPostgres } from "../support/pg_server.ts";
import { limited, storageAt } from "./limited_worker.ts";
import { busiestWindow } from "./mailer.ts";

/** Lets two processes run the tasks of a store, and checks the instants of the runs. */
async function runOnTwoProcesses(place: string): Promise<void> {
  await using everTask = createEverTask({ storage: storageAt(place), tasks: [limited] });
  await everTask.statistics(); // creates the tables
  const script = new URL("limited_worker.ts", import.meta.url).href;
  const workers = [startProgram(script, [place]), startProgram(script, [place])];
  for (const worker of workers) assertEquals(await worker.next(), "ready");

  const outputs = workers.map(() => [] as string[]);
  const readings = workers.map(async (worker, i) => {
    for (let line = await worker.next(); line !== null; line = await worker.next()) {
      outputs[i]!.push(line);
    }
  });

  // On a busy machine, one of them may wait for its first task.
  const bothTakePart = () => outputs.every((lines) => lines.length > 0);
  let each = 0;
  for (; each < 10 || !bothTakePart() && each < 100; each++) {
    await everTask.dispatchMany(limited, ["ada", "bob"]);
    await delay(each < 10 ? 10 : 250);
  }
  assert(bothTakePart(), "both take part");
  while ((await everTask.statistics()).tasksByStatus.Completed < 2 * each) await delay(50);
  outputs.push(...await Promise.all(workers.map((worker) => worker.end())));
  await Promise.all(readings);
  const runs = outputs.flat().map((line) => line.split(" ") as [string, string]);
  for (const key of ["ada", "bob"]) {
    const instants = runs.filter(([k]) => k === key).map(([, at]) => Number(at));
    assertEquals(instants.length, each);
    assertLessOrEqual(busiestWindow(instants, 2_000), 6, `permits + burst: ${instants}`);
  }
}

const name = "two processes together keep to a key's limit over any window, and use it";

Deno.test(`${name} (SQLite)`, async () => {
  const folder = await Deno.makeTempDir();
  try {
    await runOnTwoProcesses(`${folder}/tasks.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test(`${name} (PostgreSQL)`, async () => {
  await using server = await startPostgres();
  await runOnTwoProcesses(await server.createDatabase());
});
