// Many connections on a real engine: claims without duplicates, run updates without losses, and
// claims that find due tasks among many that are due later.

import { assert, assertEquals } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { retryTransient } from "../../../src/storage/batching/retry_transient.ts";
import type { ChangeResult } from "../../../src/storage/requests.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { needsTarget, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { newTask } from "./tasks.ts";

/** Runs work with a storage in a new schema, with a pool of the given size. */
async function withStorage(max: number, work: (storage: Storage) => Promise<void>): Promise<void> {
  await withPool((pool) =>
    withSchema(pool, async (schema) => {
      const storage = sqlServerStorage({ connection: pool, schema });
      await storage.open();
      await work(storage);
      await storage.close();
    }), { max });
}

function insist<T>(action: () => Promise<T>): Promise<T> {
  return retryTransient(systemClock, 60_000, action);
}

const fromDefault = { types: ["send-email"], queues: [{ name: "default", limit: 7 }] };

Deno.test({
  ...needsTarget(
    "8 workers that claim at once share 400 tasks without a duplicate and without a loss",
  ),
  async fn() {
    await withStorage(8, async (storage) => {
      const tasks = Array.from({ length: 400 }, (_, index) => newTask({ priority: index % 3 }));
      await storage.persist(tasks);
      const workers = Array.from({ length: 8 }, (_, index) => `worker-${index}`);
      await Promise.all(workers.map((id) => storage.registerWorker({ id, host: "test" })));
      const claimed: string[] = [];
      await Promise.all(workers.map(async (workerId) => {
        // A claim may return nothing because of a concurrent claim, so the loop ends only when no
        // task is due.
        while (await storage.nextDueAt(["default"], fromDefault.types) !== null) {
          const { tasks } = await insist(() => storage.claim({ workerId, ...fromDefault }));
          for (const task of tasks) claimed.push(task.id);
        }
      }));
      assertEquals(claimed.sort(), tasks.map(({ id }) => id).sort());
      const { queues } = await storage.statistics();
      assertEquals([queues[0]!.claimed, queues[0]!.due], [400, 0]);
    });
  },
});

Deno.test({
  ...needsTarget("40 run updates of one series at once are all counted and audited"),
  async fn() {
    await withStorage(8, async (storage) => {
      const series = newTask({ recurring: true });
      await storage.persist([series]);
      const results = await Promise.all(
        Array.from(
          { length: 40 },
          (_, index): Promise<ChangeResult> =>
            insist(() => storage.updateCurrentRun(series.id, index, Date.UTC(2030, 0, 1), "Full")),
        ),
      );
      assert(results.every(({ applied }) => applied));
      assertEquals((await storage.get(series.id))!.series!.runCount, 40);
      const runs = (await storage.runsAudit(series.id)).items.map((run) => run.executionTimeMs);
      assertEquals(runs.sort((a, b) => a - b), Array.from({ length: 40 }, (_, index) => index));
    });
  },
});

Deno.test({
  ...needsTarget("two processes that dispatch the same new key at once store one task"),
  async fn() {
    await withStorage(8, async (storage) => {
      for (let round = 0; round < 10; round++) {
        const taskKey = `key-${round}`;
        const results = await Promise.all(
          Array.from(
            { length: 6 },
            () => insist(() => storage.persist([newTask({ taskKey })])),
          ),
        );
        const ids = new Set(results.map(([result]) => result!.id));
        assertEquals(ids.size, 1);
        assertEquals(results.filter(([result]) => result!.outcome === "created").length, 1);
      }
    });
  },
});

Deno.test({
  ...needsTarget(
    "processes that dispatch the same new keys at once in different orders do not deadlock",
  ),
  async fn() {
    await withStorage(8, async (storage) => {
      for (let round = 0; round < 3; round++) {
        const keys = Array.from({ length: 40 }, (_, index) => `key-${round}-${index}`);
        const orders = [keys, keys.toReversed(), [...keys.slice(20), ...keys.slice(0, 20)]];
        const results = await Promise.all(
          orders.map((order) => storage.persist(order.map((taskKey) => newTask({ taskKey })))),
        );
        const ids = results.map((stored, index) =>
          new Map(stored.map(({ id }, place) => [orders[index]![place]!, id]))
        );
        for (const key of keys) assertEquals(new Set(ids.map((ids) => ids.get(key))).size, 1, key);
      }
    });
  },
});

Deno.test({
  ...needsTarget("one call stores a thousand tasks with different texts, and one call ends them"),
  async fn() {
    await withStorage(2, async (storage) => {
      const tasks = Array.from(
        { length: 1000 },
        (_, index) =>
          newTask({
            payload: `{"number":${index}}`,
            handlerName: `Handler ${index}`,
            taskKey: null,
          }),
      );
      const results = await storage.persist(tasks);
      assertEquals(results.map(({ id }) => id), tasks.map(({ id }) => id));
      const changes = tasks.map(({ id: taskId }, index) => ({
        taskId,
        auditLevel: "Full" as const,
        transitions: [
          { status: "InProgress" as const, exception: null, agoMs: 5 },
          { status: "Failed" as const, exception: `Error ${index}`, agoMs: 0 },
        ],
      }));
      assert((await storage.setStatusMany(changes)).every(({ applied }) => applied));
      const [last] = (await storage.list({}, { limit: 1 })).items;
      assertEquals([last!.payload, last!.exception], ['{"number":999}', "Error 999"]);
      assertEquals((await storage.auditGrowth({ exact: true }))[0]!.rows, 3000);
    });
  },
});

Deno.test({
  ...needsTarget(
    "a claim returns the due tasks, although many of a higher priority are due later",
  ),
  async fn() {
    await withStorage(2, async (storage) => {
      await storage.registerWorker({ id: "w", host: "test" });
      for (const priority of [5, 6]) {
        const due = { inMs: 3_600_000 };
        await storage.persist(
          Array.from({ length: 1000 }, () => newTask({ status: "WaitingQueue", due, priority })),
        );
      }
      const dueNow = [newTask({ priority: 1 }), newTask({ priority: 3 }), newTask({ priority: 5 })];
      await storage.persist(dueNow);
      const { tasks } = await storage.claim({ workerId: "w", ...fromDefault });
      assertEquals(tasks.map(({ priority }) => priority), [5, 3, 1]);
    });
  },
});
