// The PostgreSQL server crashes during the work, and is unavailable for some time.

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { createEverTask, silentLogger } from "../../mod.ts";
import { startPostgres } from "../support/pg_server.ts";
import { integrationTasks } from "./programs/tasks.ts";
import { eventually, untilCompleted } from "./support.ts";
import { assertEachCompletedOnce, postgresHistories } from "./task_histories.ts";
import { WorkerProcess } from "./worker_process.ts";

const server = await startPostgres({ own: true });
Deno.test.afterAll(() => server.stop());

const tasks = integrationTasks(() => {});

/** The kind and duration of the outage, with a lease that is longer or shorter. */
const scenarios = [
  { name: "the server crashes", mode: "immediate", awayMs: 0, leaseMs: 10_000 },
  { name: "the server is restarted gracefully", mode: "fast", awayMs: 500, leaseMs: 10_000 },
  {
    name: "the server is away for longer than a lease",
    mode: "immediate",
    awayMs: 3000,
    leaseMs: 1000,
  },
] as const;

for (const { name, mode, awayMs, leaseMs } of scenarios) {
  Deno.test({
    name:
      `${name} in the middle of the work: nothing is lost, and nothing runs twice without a lost lease`,
    ignore: !server.canRestart,
    async fn() {
      const url = await server.createDatabase();
      const storage = { postgres: { url } };
      const setup = { storage, leaseMs, parallelism: 16, hardlyPolls: true };
      await using web = createEverTask({
        storage: postgresStorage(url),
        tasks: tasks.all,
        logger: silentLogger,
      });
      await using one = await WorkerProcess.start(setup);
      await using two = await WorkerProcess.start(setup);
      const ended = () => one.ended + two.ended;
      const payloads = Array.from({ length: 2000 }, (_, i) => ({ ms: i % 100 === 0 ? 800 : 4 }));
      const ids = (await web.dispatchMany(tasks.step, payloads)).map(({ id }) => id);

      // Dispatches continue all the time: each is stored before it resolves, after any number of
      // tries.
      const stop = new AbortController();
      const dispatching = (async () => {
        while (!stop.signal.aborted) {
          const batch = Array.from({ length: 4 }, () => web.dispatch(tasks.step, { ms: 5 }));
          for (const { id } of await Promise.all(batch)) ids.push(id);
          await delay(20);
        }
      })();
      await eventually("500 tasks have ended", () => ended() >= 500);
      const before = ended();
      await server.restart(mode, () => delay(awayMs));
      await eventually("tasks end again", () => ended() >= before + 500);
      stop.abort();
      await dispatching;
      await untilCompleted(web, ids.length);

      // The notifications are back, too: tasks of other processes are found without polling.
      for (let n = 0; n < 5; n++) {
        const { id } = await web.dispatch(tasks.step, { ms: 0 });
        ids.push(id);
        const workers = [one, two];
        await eventually(
          "the task has run",
          () => workers.some(({ runs }) => runs.some((r) => r.taskId === id)),
        );
      }
      await untilCompleted(web, ids.length);
      await one.stop();
      await two.stop();

      const histories = await postgresHistories(url);
      assertEachCompletedOnce(ids, histories, [...one.runs, ...two.runs]);
      if (awayMs < leaseMs) assert(histories.every(({ lostCount }) => lostCount === 0));
      assertEquals(await web.workers(), []);
    },
  });
}
