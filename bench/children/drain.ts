// Drains a backlog in a separate process, and reports its speed and memory: drain.ts STORE ADDRESS
// TASKS

import { drain } from "../measures/drain.ts";
import { tell } from "../support/child_process.ts";
import { databaseAt } from "../support/open_storage.ts";

const [store = "", address = "", tasks = ""] = Deno.args;
const samples: number[] = [];
const sample = () => samples.push(Deno.memoryUsage().rss);
let sampling: ReturnType<typeof setInterval> | undefined;
const database = await databaseAt(store, address);
const whileRunning = () => {
  sample();
  sampling = setInterval(sample, 50);
};
const { tasksPerSecond } = await drain(database, Number(tasks), { whileRunning });
clearInterval(sampling);
sample();
tell({ tasksPerSecond, memoryAtStart: samples[0], memoryAtMost: Math.max(...samples) });
