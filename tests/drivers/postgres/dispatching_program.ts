// A program that dispatches to the database of the URL that it gets, and neither works nor stops:
// the last dispatch is not even awaited. With "stop" behind the URL it stops.

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
