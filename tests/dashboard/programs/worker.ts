// A worker process: takes the URL of its storage, prints a line when the worker has started, and
// stops when its input ends.

import { createEverTask, silentLogger } from "../../../mod.ts";
import { openStorage } from "./open_storage.ts";
import { queues, tasks } from "./tasks.ts";

const storage = openStorage(Deno.args[0]!);
const everTask = createEverTask({ storage, tasks, queues, logger: silentLogger });
await everTask.start();
console.log("ready");
for await (const _ of Deno.stdin.readable);
await everTask.stop();
