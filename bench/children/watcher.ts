// A process that watches the events of all others: watcher.ts STORE ADDRESS
//
// Writes "ready" once it watches. When its input ends, it writes the numbers of received and
// omitted events.

import { createEverTask, silentLogger } from "@evertask/evertask";
import { askedToEnd, tell } from "../support/child_process.ts";
import { databaseAt } from "../support/open_storage.ts";

const [store = "", address = ""] = Deno.args;
const database = await databaseAt(store, address);
const storage = database.storage();
const everTask = createEverTask({ storage, tasks: [], logger: silentLogger });
let shown = 0;
everTask.events.subscribe(() => void shown++, { scope: "store" });
await everTask.statistics(); // opens the storage
while ((await storage.heartbeat("nobody", 1_000)).watchers?.length === 0) {
  await new Promise((resume) => setTimeout(resume, 10));
}
tell("ready");
await askedToEnd();
await new Promise((resume) => setTimeout(resume, 1_000)); // the last events arrive
tell({ shown, leftOut: everTask.events.leftOut });
await everTask.stop();
