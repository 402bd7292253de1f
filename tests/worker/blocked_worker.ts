// A worker process for starvation_test.ts: its handler computes for as long as the payload says and lets nothing else happen. It
// prints when it begins, and the events that its worker has for it afterwards. Arguments: the file, the lease in milliseconds.

import { createEverTask, defineTask, silentLogger } from "../../mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";

/** The task, as the test dispatches it. */
export const crunch = defineTask<{ readonly ms: number }>({
  type: "crunch",
  handle({ ms }) {
    console.log("begun");
    const end = performance.now() + ms;
    while (performance.now() < end);
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
