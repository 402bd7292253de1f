// A process for tests with several processes on one file. Its first argument is the path of the
// file, its second argument the job:
//
// - only-open: opens the storage and ends.
// - claim-all: claims and completes tasks until none is left, and prints their ids.
// - hold: claims all tasks, prints their number, and waits to be killed.
// - persist: stores one task and prints its id.

import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import type { ClaimedTask } from "../../../src/storage/records.ts";
import { newTask } from "../../support/new_task.ts";

const [path, job] = Deno.args;
const storage = sqliteStorage({ path: path!, busyTimeout: 10_000 });
await storage.open();
const workerId = crypto.randomUUID();

function claim(limit: number): Promise<readonly ClaimedTask[]> {
  const queues = [{ name: "default", limit }];
  return storage.claim({ workerId, types: ["send-email"], queues }).then(({ tasks }) => tasks);
}

if (job === "claim-all") {
  await storage.registerWorker({ id: workerId, host: "test" });
  for (let tasks = await claim(7); tasks.length > 0; tasks = await claim(7)) {
    const changes = tasks.map(({ id, leaseToken }) => ({
      taskId: id,
      auditLevel: "Full" as const,
      lease: { workerId, token: leaseToken },
      transitions: [{ status: "Completed" as const, exception: null, agoMs: 0 }],
    }));
    await storage.setStatusMany(changes);
    for (const { id } of tasks) console.log(id);
  }
} else if (job === "hold") {
  await storage.registerWorker({ id: workerId, host: "test" });
  console.log((await claim(1000)).length);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
} else if (job === "persist") {
  const task = newTask({ id: "01890000-0000-7000-8000-00000000ffff" });
  await storage.persist([task]);
  console.log(task.id);
}
await storage.close();
