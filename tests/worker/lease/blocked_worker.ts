// A worker process for starvation_test.ts: its handler blocks the event loop until the file in the
// payload exists. It prints its start, and later its worker's events. Arguments: the database file,
// the lease in milliseconds.

import { existsSync } from "node:fs";
import { createEverTask, defineTask, silentLogger } from "../../../mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";

/** The task that the test dispatches. */
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
