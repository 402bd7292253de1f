// A worker process whose handlers wait: worker.ts STORE ADDRESS MILLISECONDS PARALLELISM
//
// Writes "ready" once it can claim, and ends when its input ends.

import { createEverTask, defineTask, silentLogger } from "@evertask/evertask";
import { askedToEnd, tell } from "../support/child_process.ts";
import { databaseAt } from "../support/open_storage.ts";

const [store = "", address = "", waitMs = "", parallelism = ""] = Deno.args;
const waiting = defineTask<unknown>({
  type: "counted",
  handle: () => new Promise<void>((resume) => setTimeout(resume, Number(waitMs))),
});
const database = await databaseAt(store, address);
const everTask = createEverTask({
  storage: database.storage(),
  tasks: [waiting],
  queues: { default: { parallelism: Number(parallelism) } },
  logger: silentLogger,
});
await everTask.start();
tell("ready");
await askedToEnd();
await everTask.stop();
