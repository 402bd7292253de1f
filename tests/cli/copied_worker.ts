// A worker of a store that is copied, as a process of its own. It prints the ids of the tasks that
// it runs, and ends on SIGTERM, or after a number of tasks.
//
//   copied_worker.ts STORAGE dispatch|NUMBER

import { createEverTask, defineTask, silentLogger, type Task } from "../../mod.ts";
import { storageOf } from "../../src/cli/process/open_storage.ts";

const [storage, what] = Deno.args as [string, string];
const ended = Promise.withResolvers<void>();
Deno.addSignalListener("SIGTERM", () => ended.resolve());
let left = what === "dispatch" ? Infinity : Number(what);

const [work, later] = ["work", "later"].map((type) =>
  defineTask<number>({
    type,
    handle(_, { taskId }) {
      console.log(taskId);
      if (--left === 0) ended.resolve();
    },
  })
) as [Task<number>, Task<number>];

const opened = () => storageOf({ kind: "storage", storage, schema: undefined, tasks: [] });

if (what === "dispatch") {
  // This worker does not have their type, so that they are left.
  const tasks = [later];
  const planner = createEverTask({ storage: await opened(), tasks, logger: silentLogger });
  await planner.dispatchMany(later, Array(20).fill(1));
  await planner.stop();
}
const everTask = createEverTask({
  storage: await opened(),
  tasks: what === "dispatch" ? [work] : [work, later],
  logger: silentLogger,
});
await everTask.start();
if (what === "dispatch") {
  const dispatching = setInterval(() => everTask.dispatchMany(work, Array(5).fill(1)), 50);
  await ended.promise;
  clearInterval(dispatching);
}
await ended.promise;
await everTask.stop();
Deno.exit(0);
