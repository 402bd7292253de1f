// A service that stops gracefully at SIGTERM: running tasks may finish, and others stay in storage.

import process from "node:process";
import { createEverTask, defineTask, stopOnSignals } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";

const work = defineTask<number>({
  type: "work",
  async handle(n, { signal }) {
    // A handler that checks its signal can stop after the timeout. Its task runs again after the
    // restart.
    for (let step = 0; step < 5; step++) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log(`finished ${n}`);
  },
});

const everTask = createEverTask({
  storage: memoryStorage(),
  tasks: [work],
  queues: { default: { parallelism: 2 } },
});
await everTask.start();
const signals = stopOnSignals(everTask, process, { timeout: { seconds: 20 } });

const running = Promise.withResolvers<void>();
everTask.events.subscribe(() => running.resolve(), { kinds: ["started"] });
await everTask.dispatchMany(work, [1, 2, 3, 4]);
await running.promise;

process.kill(process.pid, "SIGTERM"); // as a service manager does
console.log(`stopped by ${await signals.stopped}`);
