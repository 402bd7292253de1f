// Subscribes to events: to all, only to severe ones, only to some types, or by a loop.

import { createEverTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { chargeCard, sendReceipt, tasks } from "./support/shop.ts";

const everTask = createEverTask({
  storage: memoryStorage(),
  tasks,
  queues: { email: {} },
});

everTask.events.subscribe(({ severity, message }) => {
  console.log(`Event from EverTask: [${severity}] ${message}`);
});
everTask.events.subscribe(
  ({ taskType, exception }) => console.error(`${taskType} failed: ${exception?.split("\n")[0]}`),
  { severity: "Error" },
);
const unsubscribe = everTask.events.subscribe(
  ({ taskId }) => console.log(`A payment has moved: ${taskId}`),
  { types: ["charge-card"], kinds: ["completed", "failed"] },
);

// The same as a loop. The subscription ends when the loop is left.
async function watch(): Promise<void> {
  for await (const { kind, taskType } of everTask.events) {
    console.log(`loop: ${taskType} ${kind}`);
    if (kind === "failed") break;
  }
}
const watching = watch();

await everTask.start();
await everTask.dispatch(sendReceipt, { order: 1 });
await everTask.dispatch(chargeCard, { order: 2 });
await watching;
unsubscribe();
await everTask.stop();
