// A task that repeatedly crashes its process, among others that do not.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { createEverTask } from "../../mod.ts";
import type { RunReport } from "./programs/protocol.ts";
import { integrationTasks } from "./programs/tasks.ts";
import { temporaryFolder, untilCompleted } from "./support.ts";
import { assertEachCompletedOnce, sqliteHistories } from "./task_histories.ts";
import { WorkerProcess } from "./worker_process.ts";

const tasks = integrationTasks(() => {});

Deno.test("a task that kills its process fails in the end, and 50 other tasks of the process complete", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/tasks.db`;
  const poisonLimit = 3;
  // Half of them run together with the crashing task, and the others wait.
  const setup = { storage: { sqlite: { path } }, leaseMs: 300, parallelism: 26, poisonLimit };
  await using web = createEverTask({ storage: sqliteStorage(path), tasks: tasks.all });
  const innocent = async (count: number) =>
    await web.dispatchMany(tasks.step, Array.from({ length: count }, () => ({ ms: 10 })));
  const before = await innocent(10);
  const { id: poison } = await web.dispatch(tasks.poison, null);
  const ids = [...before, ...await innocent(40)].map(({ id }) => id);

  const runs: RunReport[] = [];
  for (let deaths = 0; deaths <= poisonLimit; deaths++) {
    await using worker = WorkerProcess.launch(setup);
    await worker.died();
    assert(worker.runs.some(({ taskId }) => taskId === poison), "it died of the poison");
    runs.push(...worker.runs);
  }
  await using worker = await WorkerProcess.start(setup);
  await untilCompleted(web, 50);
  await worker.stop();
  runs.push(...worker.runs);

  const { status, exception, attempt, lostCount } = (await web.get(poison))!;
  assertEquals([status, attempt, lostCount], ["Failed", poisonLimit + 1, poisonLimit + 1]);
  assertMatch(exception!, /may be ending its process/);
  const histories = sqliteHistories(path).filter(({ id }) => id !== poison);
  assertEachCompletedOnce(ids, histories, runs.filter(({ taskId }) => taskId !== poison));
  const lostCounts = histories.map((history) => history.lostCount);
  assert(Math.max(...lostCounts) <= 2, `lost counts ${lostCounts}`);
});
