// Tests worker processes that share a SQLite file and are killed, frozen and restarted.

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { createEverTask } from "../../mod.ts";
import type { RunReport } from "./programs/protocol.ts";
import { integrationTasks } from "./programs/tasks.ts";
import { seededRandom } from "../../src/testing/simulation/chance.ts";
import { eventually, temporaryFolder, untilCompleted } from "./support.ts";
import { assertEachCompletedOnce, sqliteHistories } from "./task_histories.ts";
import { WorkerProcess } from "./worker_process.ts";

const tasks = integrationTasks(() => {});

Deno.test("2,000 tasks all end once though their worker is killed 20 times", async () => {
  const seed = Number(Deno.env.get("EVERTASK_TEST_SEED") ?? Math.floor(Math.random() * 1e9));
  console.log(`EVERTASK_TEST_SEED=${seed}`);
  const random = seededRandom(seed);
  await using folder = await temporaryFolder();
  const path = `${folder.path}/tasks.db`;
  const setup = { storage: { sqlite: { path } }, leaseMs: 400, parallelism: 8 };
  await using web = createEverTask({ storage: sqliteStorage(path), tasks: tasks.all });
  const ids: string[] = [];
  const runs: RunReport[] = [];
  for (let kills = 0; kills < 20; kills++) {
    // Dispatched in batches, so that work is left for the next worker, however late the kill comes
    // on a busy machine.
    const payloads = Array.from({ length: 100 }, () => ({ ms: Math.floor(random() * 8) }));
    for (const { id } of await web.dispatchMany(tasks.step, payloads)) ids.push(id);
    await using worker = await WorkerProcess.start(setup);
    const enough = 30 + Math.floor(random() * 60);
    await worker.until(`has ended ${enough} tasks`, () => worker.ended >= enough);
    await new Promise((resolve) => setTimeout(resolve, random() * 20));
    await worker.kill();
    runs.push(...worker.runs);
  }
  await using worker = await WorkerProcess.start(setup);
  await untilCompleted(web, ids.length);
  await worker.stop();
  runs.push(...worker.runs);

  const histories = sqliteHistories(path);
  assertEachCompletedOnce(ids, histories, runs);
  assert(histories.filter(({ lostCount }) => lostCount > 0).length >= 20, "too few tasks lost");
  assertEquals(await web.workers(), []);
});

Deno.test("two processes share a SQLite file: each task runs once, in one of them", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/tasks.db`;
  const setup = { storage: { sqlite: { path } }, leaseMs: 10_000, parallelism: 4 };
  await using web = createEverTask({ storage: sqliteStorage(path), tasks: tasks.all });
  await using one = await WorkerProcess.start(setup);
  await using two = await WorkerProcess.start(setup);
  const ids: string[] = [];
  // On a busy machine it may take a while until both processes have claimed tasks.
  const bothTakePart = () => one.ended > 100 && two.ended > 100;
  for (let batch = 0; batch < 10 || !bothTakePart() && batch < 500; batch++) {
    await eventually("most have ended", () => one.ended + two.ended >= ids.length - 300);
    const payloads = Array.from({ length: 100 }, () => ({ ms: 4 }));
    for (const { id } of await web.dispatchMany(tasks.step, payloads)) ids.push(id);
  }
  await eventually("all tasks have ended", () => one.ended + two.ended === ids.length);
  await one.stop();
  await two.stop();

  assert(bothTakePart(), `one ran ${one.ended} tasks, two ${two.ended}`);
  assertEachCompletedOnce(ids, sqliteHistories(path), [...one.runs, ...two.runs]);
  assertEquals([...one.events, ...two.events], []);
});

Deno.test("tasks of a killed process are taken over within the duration of its lease plus a heartbeat interval", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/tasks.db`;
  const leaseMs = 900;
  const setup = { storage: { sqlite: { path } }, leaseMs, parallelism: 4 };
  await using web = createEverTask({ storage: sqliteStorage(path), tasks: tasks.all });
  await using killed = await WorkerProcess.start(setup);
  const payloads = Array.from({ length: 20 }, () => ({ ms: 500 }));
  const ids = (await web.dispatchMany(tasks.step, payloads)).map(({ id }) => id);
  await killed.until("runs tasks", () => killed.runs.length >= 4);
  await killed.kill();
  await using heir = await WorkerProcess.start(setup);
  const heirStartedAt = Date.now();
  await heir.until("has ended all tasks", () => heir.ended + killed.ended >= ids.length);
  await heir.stop();

  const losses = heir.events.filter(({ event }) => event === "lost");
  assert(losses.length > 0, "no task was lost");
  for (const { workerId, at } of losses) {
    assertEquals(workerId, killed.workerId);
    const slackMs = 30_000; // for a machine that stalls; tests with a fake clock know the exact time
    const tookMs = at - heirStartedAt;
    assert(tookMs <= leaseMs + leaseMs / 3 + slackMs, `only after ${tookMs} ms`);
  }
  assertEachCompletedOnce(ids, sqliteHistories(path), [...killed.runs, ...heir.runs]);
});

Deno.test("a process frozen beyond its lease writes nothing for its lost tasks, and keeps working", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/tasks.db`;
  const setup = { storage: { sqlite: { path } }, leaseMs: 600, parallelism: 2 };
  await using web = createEverTask({ storage: sqliteStorage(path), tasks: tasks.all });
  await using frozen = await WorkerProcess.start(setup);
  // Long enough that the worker is frozen in the middle of them, even if this process is delayed.
  const first = await web.dispatchMany(tasks.step, [{ ms: 2500 }, { ms: 2500 }]);
  const ids = first.map(({ id }) => id);
  await frozen.until("runs tasks", () => frozen.runs.length === 2);
  await freezeBetweenWrites(frozen, path);
  await using other = await WorkerProcess.start({ ...setup, parallelism: 20 });
  await other.until("has taken the tasks", () => other.ended === 2);
  await other.stop();
  // No other worker is left, so the frozen one must claim this task under its new worker id.
  const { id } = await web.dispatch(tasks.step, { ms: 0 });
  frozen.thaw();
  await frozen.until("runs the next task", () => frozen.runs.some(({ taskId }) => taskId === id));
  await eventually("it is completed", async () => (await web.get(id))?.status === "Completed");
  await frozen.stop();
  assertEachCompletedOnce([...ids, id], sqliteHistories(path), [...frozen.runs, ...other.runs]);
  const aborts = frozen.runs.filter(({ kind }) => kind === "aborted");
  const lost = frozen.events.filter(({ event }) => event === "leaseLost");
  assertEquals(lost.map(({ taskId }) => taskId).sort(), ids);
  assert(aborts.every(({ reason }) => reason === "LeaseLostError"), JSON.stringify(aborts));
});

/**
 * Freezes a process while it does not hold the file's lock. If it held the lock, no other process
 * could take it.
 */
async function freezeBetweenWrites(process: WorkerProcess, path: string): Promise<void> {
  using database = new DatabaseSync(path);
  while (true) {
    await process.freeze();
    try {
      database.exec("BEGIN IMMEDIATE; ROLLBACK");
      return;
    } catch (error) {
      if (!String(error).includes("locked")) throw error;
      process.thaw();
    }
  }
}
