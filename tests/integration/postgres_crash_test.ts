// Worker processes on one PostgreSQL database are killed and frozen, and have wrong clocks.

import { assert, assertEquals } from "@std/assert";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { createEverTask } from "../../mod.ts";
import { systemClock } from "../../src/storage/mod.ts";
import { startPostgres } from "../support/pg_server.ts";
import type { WorkerSetup } from "./programs/protocol.ts";
import { integrationTasks } from "./programs/tasks.ts";
import { eventually, untilCompleted } from "./support.ts";
import { assertEachCompletedOnce, postgresHistories } from "./task_histories.ts";
import { WorkerProcess } from "./worker_process.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const tasks = integrationTasks(() => {});
const anHour = 3_600_000;
/** The duration of a long task. */
const longMs = 1_000;
/** The extra time allowed for a machine that stalls. Other tests check exact times. */
const slackMs = 30_000;

Deno.test("20,000 tasks all end once in four processes: two are killed, one is frozen, one has a wrong clock", async () => {
  const url = await server.createDatabase();
  const leaseMs = 5000; // long enough that no worker is lost on a machine that stalls for two seconds
  const setup: WorkerSetup = { storage: { postgres: { url } }, leaseMs, parallelism: 16 };
  await using web = createEverTask({ storage: postgresStorage(url), tasks: tasks.all });
  // Some are long enough to freeze a worker in the middle of them, and adjacent, so that it runs
  // several at once.
  const payloads = Array.from({ length: 20_000 }, (_, i) => ({ ms: i % 700 < 16 ? longMs : 2 }));
  const stored = await web.dispatchMany(tasks.step, payloads);
  const ids = stored.map(({ id }) => id);
  const longIds = new Set(ids.filter((_, i) => payloads[i]!.ms === longMs));
  const startedAt = Date.now();

  await using first = await WorkerProcess.start(setup);
  await using second = await WorkerProcess.start(setup);
  await using frozen = await WorkerProcess.start(setup);
  await using survivor = await WorkerProcess.start({ ...setup, clockOffsetMs: -anHour });
  const all = [first, second, frozen, survivor];
  const ended = () => all.reduce((sum, worker) => sum + worker.ended, 0);
  const losses = () => survivor.events.filter(({ event }) => event === "lost");
  const lossesOf = (worker: WorkerProcess) =>
    all.flatMap(({ events }) => events)
      .filter(({ event, workerId }) => event === "lost" && workerId === worker.workerId);

  await eventually("3,000 tasks have ended", () => ended() >= 3000);
  await first.kill();
  const firstKilledAt = Date.now();
  await eventually("5,000 tasks have ended", () => ended() >= 5000);
  await frozen.until(
    "has just started long runs",
    () => {
      const long = frozen.runs.slice(-64).filter(({ taskId }) => longIds.has(taskId));
      const fresh = long.filter(({ kind, at }) =>
        kind === "started" && Date.now() - at < longMs / 2
      );
      return fresh.length >= 2;
    },
  );
  await frozen.freeze();
  await eventually("7,000 tasks have ended", () => ended() >= 7000);
  await second.kill();
  const secondKilledAt = Date.now();

  await survivor.until(
    "has released tasks of two lost workers, and a task of the frozen worker has been released",
    () =>
      new Set(losses().map(({ workerId }) => workerId)).size >= 2 && lossesOf(frozen).length > 0,
  );
  frozen.thaw();
  await untilCompleted(web, ids.length);
  await frozen.until("has ended its runs", () => openRuns(frozen).length === 0);
  await frozen.stop();
  await survivor.stop();

  const histories = await postgresHistories(url);
  assertEachCompletedOnce(ids, histories, all.flatMap(({ runs }) => runs));
  for (const [worker, killedAt] of [[first, firstKilledAt], [second, secondKilledAt]] as const) {
    const takenAt = lossesOf(worker).map(({ at }) => at - killedAt);
    assert(takenAt.length > 0, "a killed worker held nothing");
    assert(
      Math.max(...takenAt) <= leaseMs + leaseMs / 3 + slackMs,
      `only after ${Math.max(...takenAt)} ms`,
    );
  }

  // The frozen worker was notified of its lost tasks, and its writes about them were refused.
  const aborts = frozen.runs.filter(({ kind }) => kind === "aborted");
  assertEquals(new Set(aborts.map(({ reason }) => reason)), new Set(["LeaseLostError"]));
  const told = new Set(frozen.events.filter((e) => e.event === "leaseLost").map((e) => e.taskId));
  const lost = new Set(lossesOf(frozen).map(({ taskId }) => taskId));
  assert(
    [...told].every((taskId) => lost.has(taskId)),
    "it was notified of tasks that it had not lost",
  );
  const tooLate = frozen.runs.filter(({ kind, taskId }) => kind === "ended" && told.has(taskId));
  assert(tooLate.length > 0, "it ended none of the runs that it had lost");

  // The wrong clock had no effect: no other worker was declared lost, and all stored times are
  // right.
  const dead = all.flatMap(({ events }) => events).filter(({ event }) => event === "lost");
  assertEquals(
    new Set(dead.map(({ workerId }) => workerId)),
    new Set([first.workerId, second.workerId, frozen.workerId]),
  );
  const times = histories.flatMap(({ trail }) => trail.map(({ at }) => at));
  assert(times.every((at) => at > startedAt - anHour / 2 && at < Date.now() + anHour / 2));
  assertEquals(await web.workers(), []);
});

Deno.test("a frozen process with an open transaction does not block the takeover of its other tasks", async () => {
  const url = await server.createDatabase();
  const leaseMs = 4000; // long enough that no other worker is lost on a machine that stalls for two seconds
  const setup: WorkerSetup = { storage: { postgres: { url } }, leaseMs, parallelism: 4 };
  await using web = createEverTask({ storage: postgresStorage(url), tasks: tasks.all });
  await using frozen = await WorkerProcess.start(setup);
  const settled = await web.dispatch(tasks.settle, { url, openForMs: 300 });
  const steps = await web.dispatchMany(tasks.step, [{ ms: 500 }, { ms: 500 }]);
  const ids = [settled, ...steps].map(({ id }) => id);
  await frozen.until("is in the middle of its tasks", () => openRuns(frozen).length === 3);
  await frozen.freeze();

  await using one = await WorkerProcess.start(setup);
  await using two = await WorkerProcess.start(setup);
  await eventually("its other tasks have ended elsewhere", () => one.ended + two.ended >= 2);
  // The other workers complete tasks for longer than a lease, while the transaction of the frozen
  // process still locks the row of its `settle` task.
  for (const end = performance.now() + 1.2 * leaseMs; performance.now() < end;) {
    const { id } = await web.dispatch(tasks.step, { ms: 50 });
    ids.push(id);
    await eventually(
      "a task is completed",
      async () => (await web.get(id))?.status === "Completed",
    );
  }
  frozen.thaw();
  await frozen.until("commits", () => openRuns(frozen).length === 0);
  for (const worker of [frozen, one, two]) await worker.stop();
  for (const { event, workerId } of [...one.events, ...two.events]) {
    assertEquals({ event, workerId }, { event: "lost", workerId: frozen.workerId });
  }
  const histories = await postgresHistories(url);
  assertEachCompletedOnce(ids, histories, [frozen, one, two].flatMap(({ runs }) => runs));
});

Deno.test("a delayed task runs at the right time, even if the clock of the dispatching process is an hour off", async () => {
  const url = await server.createDatabase();
  await using worker = await WorkerProcess.start({
    storage: { postgres: { url } },
    leaseMs: 5000,
    parallelism: 4,
  });
  for (const offset of [-anHour, anHour]) {
    const clock = { ...systemClock, now: () => systemClock.now() + offset };
    await using web = createEverTask({ storage: postgresStorage(url), tasks: tasks.all, clock });
    const before = Date.now();
    const { id } = await web.dispatch(tasks.step, { ms: 0 }, { delay: 1000 });
    await worker.until("runs the task", () => worker.runs.some(({ taskId }) => taskId === id));
    const { at } = worker.runs.find(({ taskId }) => taskId === id)!;
    assert(at - before >= 999 && at - before < 30_000, `it ran after ${at - before} ms`);
  }
  await worker.stop();
});

/** The runs with a reported start but no reported end. */
function openRuns(worker: WorkerProcess) {
  const ended = new Set(worker.runs.filter(({ kind }) => kind === "ended").map(runOf));
  return worker.runs.filter((run) => run.kind === "started" && !ended.has(runOf(run)));
}

function runOf({ taskId, attempt }: { readonly taskId: string; readonly attempt: number }): string {
  return `${taskId} ${attempt}`;
}
