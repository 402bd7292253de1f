// Works off a backlog in a process of its own, and tells its speed and memory: drain.ts STORE ADDRESS TASKS

import { drain } from "../measures/drain.ts";
import { tell } from "../support/child_process.ts";
import { openStorage } from "../support/stores.ts";

const [store = "", address = "", tasks = ""] = Deno.args;
const samples: number[] = [];
const sample = () => samples.push(Deno.memoryUsage().rss);
let sampling: ReturnType<typeof setInterval> | undefined;
const { tasksPerSecond } = await drain(
  { address, storage: () => openStorage(store, address), async [Symbol.asyncDispose]() {} },
  Number(tasks),
  () => {
    sample();
    sampling = setInterval(sample, 50);
  },
);
clearInterval(sampling);
sample();
tell({ tasksPerSecond, memoryAtStart: samples[0], memoryAtMost: Math.max(...samples) });
