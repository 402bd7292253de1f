// A worker process that reports the start of each handler at once: prompt.ts STORE ADDRESS
//
// Writes "ready" once it can claim, then the machine's time in milliseconds for each task. Ends
// when its input ends.

import { createEverTask, defineTask, silentLogger } from "@evertask/evertask";
import { askedToEnd, tell } from "../support/child_process.ts";
import { databaseAt } from "../support/open_storage.ts";
import { wallClock } from "../../tests/support/wall_clock.ts";

const now = wallClock();
const [store = "", address = ""] = Deno.args;
const prompt = defineTask<null>({
  type: "prompt",
  handle: () => tell(now()),
});
const database = await databaseAt(store, address);
const everTask = createEverTask({
  storage: database.storage(),
  tasks: [prompt],
  logger: silentLogger,
});
await everTask.start();
tell("ready");
await askedToEnd();
await everTask.stop();
