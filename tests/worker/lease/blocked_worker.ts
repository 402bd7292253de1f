// A worker process for starvation_test.ts: its handler computes, and lets nothing else happen,
// until there is the file that the payload names. It prints when it begins, and the events that its
// worker has for it afterwards. Arguments: the database file, the lease in milliseconds.

import { existsSync } from "node:fs";
import { createEverTask, defineTask, silentLogger } from "../../../mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";

/** The task, as the test dispatches it. */
export const crunch = defineTask<{ readonly until: string }>({
  type: "crunch",
  handle({ until }) {
    console.log("begun");
    while (!existsSync(until));
  },
});

if (import.meta.main) {
  const [path, leaseMs] = Deno.args as [string, string];
  const everTask = createEverTask({
    storage: sqliteStorage(path),
    tasks: [crunch],
    logger: silentLogger,
    leaseDuration: Number(leaseMs),
  });
  everTask.events.subscribe(({ kind, message }) => console.log(`${kind}: ${message}`));
  await everTask.start();
  console.log("ready");
  for await (const _ of Deno.stdin.readable) { /* until it ends */ }
  await everTask.stop();
}
