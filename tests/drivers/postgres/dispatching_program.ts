// A program that dispatches to the database at the URL in its first argument. It has no worker,
// does not call `stop`, and does not await its last dispatch. With the second argument "stop", it
// calls `stop`.

import process from "node:process";
import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import { createEverTask, defineTask } from "../../../mod.ts";

const [, , url, end] = process.argv;
const task = defineTask<number>({ type: "task", handle() {} });
const everTask = createEverTask({ storage: postgresStorage(url!), tasks: [task] });
await everTask.dispatch(task, 1);
await everTask.dispatch(task, 2, { taskKey: "key" });
const last = everTask.dispatch(task, 3);
if (end === "stop") {
  await last;
  await everTask.stop();
  console.log("stopped");
}
