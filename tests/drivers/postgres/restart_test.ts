// The server restarts during work: nothing is lost or applied twice, and the driver reconnects.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { deadline, delay } from "@std/async";
import { retryTransient } from "../../../src/storage/batching/retry_transient.ts";
import { StorageUnavailableError } from "../../../src/storage/errors.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { newTask } from "../../support/new_task.ts";
import { claimRequest, newTasks, openStorage } from "./support.ts";

const server = await startPostgres({ own: true });
Deno.test.afterAll(() => server.stop());

for (const mode of ["fast", "immediate"] as const) {
  Deno.test({
    name: `a ${mode} restart in the middle of load loses nothing and ends no task twice`,
    ignore: !server.canRestart,
    async fn() {
      const url = await server.createDatabase();
      await using storage = await openStorage({ url });
      await storage.registerWorker({ id: "worker", host: "test" });
      const insist = <T>(action: () => Promise<T>) => retryTransient(systemClock, 60_000, action);
      const stored: string[] = [];
      const ended: string[] = [];
      let isOver = false;

      const dispatch = async () => {
        while (!isOver) {
          while (stored.length > ended.length + 200 && !isOver) await delay(2);
          const tasks = newTasks(20);
          await insist(() => storage.persist(tasks));
          stored.push(...tasks.map(({ id }) => id));
        }
      };
      const work = async () => {
        for (;;) {
          const { tasks } = await insist(() => storage.claim(claimRequest("worker", 20)));
          if (tasks.length === 0 && isOver) return;
          const changes = tasks.map(({ id, leaseToken }) => ({
            taskId: id,
            auditLevel: "Full" as const,
            transitions: [{ status: "Completed" as const, exception: null, agoMs: 0 }],
            lease: { workerId: "worker", token: leaseToken },
          }));
          await insist(() => storage.setStatusMany(changes));
          ended.push(...tasks.map(({ id }) => id));
          if (tasks.length === 0) await delay(5);
        }
      };
      const dispatching = [dispatch(), dispatch()];
      const working = work();
      while (ended.length < 500) await delay(5);
      await server.restart(mode, () => delay(300));
      const before = ended.length;
      while (ended.length < before + 500) await delay(5);
      isOver = true;
      await Promise.all(dispatching);
      await working;

      // The tasks of a claim whose answer was lost are held, but unknown to the worker.
      await storage.releaseUnknown("worker", []);
      await work();
      assertEquals(new Set(ended).size, ended.length, "no task was ended twice");
      const { tasksByStatus } = await storage.statistics();
      assertEquals(tasksByStatus.Completed, stored.length, "every stored task has ended");
      const audit = await storage.auditGrowth({ exact: true });
      assertEquals(audit[0]!.rows, 2 * stored.length, "and has each of its audit rows once");
    },
  });
}

Deno.test({
  name:
    "statements fail with transient errors until the server is back, and notifications work again",
  ignore: !server.canRestart,
  async fn() {
    const url = await server.createDatabase();
    await using teller = await openStorage({ url });
    await using listener = await openStorage({ url });
    let heard = 0;
    let tell = () => {};
    listener.onWake(() => {
      heard++;
      tell();
    });
    const until = (count: number) =>
      deadline(
        new Promise<void>((resolve) => {
          tell = () => heard >= count && resolve();
          tell();
        }),
        60_000,
      );
    await until(1);
    await server.restart("fast", async () => {
      const error = await assertRejects(() => teller.persist([newTask()]));
      assertInstanceOf(error, StorageUnavailableError);
      assert(error.transient);
      assert(error.cause instanceof Error);
    });
    await until(2); // it listens again, and polls for missed changes
    await retryTransient(systemClock, 60_000, () => teller.persist([newTask()]));
    await until(3);
  },
});
