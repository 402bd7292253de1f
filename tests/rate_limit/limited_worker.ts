// A worker process for two_processes_test.ts: runs rate-limited tasks of a store until its input
// ends, and prints the key and the instant of each run.

import { createEverTask, defineTask } from "../../mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";

/** The task that the worker processes run. */
export const limited = defineTask<string>({
  type: "limited",
  rateLimit: { permits: 4, period: { seconds: 2 }, burst: 2, key: (key) => key },
  handle: (key) => console.log(`${key} ${Date.now()}`),
});

/** The storage at a database URL or a file path. */
export function storageAt(place: string): Storage {
  return place.startsWith("postgres:") ? postgresStorage(place) : sqliteStorage(place);
}

if (import.meta.main) {
  const storage = storageAt(Deno.args[0]!);
  const everTask = createEverTask({ storage, tasks: [limited] });
  await everTask.start();
  console.log("ready");
  for await (const _ of Deno.stdin.readable) { /* until it ends */ }
  await everTask.stop();
}
