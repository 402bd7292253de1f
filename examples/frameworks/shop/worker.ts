// A worker process, which runs the tasks that web processes dispatch.
//
//   deno run -A worker.ts, or node worker.ts

import process from "node:process";
import { stopOnSignals } from "@evertask/evertask";
import { everTask } from "./application.ts";

await everTask.start();
console.log("Running tasks");
const signal = await stopOnSignals(everTask, process).stopped;
console.log(`Stopped by ${signal}`);
