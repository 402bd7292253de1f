// Batches of varied tasks that fill several statements: each task has the same result as alone.

import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Storage } from "../../../src/storage/storage.ts";
import { newTask } from "../../support/new_task.ts";
import { Scratch } from "./support.ts";

const workers = Array.from({ length: 12 }, (_, index) => `worker-${index}`);

/** Stores `count` tasks in one batch, claimed by the workers in turn. */
async function storeClaimed(storage: Storage, count: number) {
  for (const id of workers) await storage.registerWorker({ id, host: "here" });
  const tasks = Array.from({ length: count }, (_, index) =>
    newTask({
      type: `type-${index % 5}`,
      payload: `${index}`,
      claimFor: workers[index % workers.length]!,
    }));
  return { tasks, results: await storage.persist(tasks) };
}

Deno.test("a batch of tasks of many kinds has a result for each task", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  const { tasks, results } = await storeClaimed(storage, 300);
  assertEquals(
    results,
    tasks.map(({ id }) => ({ id, outcome: "created", claimed: true } as const)),
  );
  for (const task of tasks) {
    const { type, payload, workerId, attempt, leaseToken } = (await storage.get(task.id))!;
    assertEquals(
      [type, payload, workerId, attempt, leaseToken],
      [task.type, task.payload, task.claimFor, 1, 1],
    );
    const { items } = await storage.statusAudit(task.id);
    assertEquals(items.map((row) => row.newStatus), ["Queued"]);
  }
});

Deno.test("a batch that contains stored tasks does not store them again, and returns whether each is claimed", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  const { tasks } = await storeClaimed(storage, 40);
  const lease = { workerId: tasks[7]!.claimFor!, token: 1 };
  await storage.setStatus(tasks[7]!.id, "Completed", null, "Full", { lease });
  const others = Array.from({ length: 40 }, () => newTask());
  const batch = tasks.flatMap((task, index) => [others[index]!, task]);
  const results = await storage.persist(batch);
  assertEquals(results.map(({ id }) => id), batch.map(({ id }) => id));
  assertEquals(
    results.map(({ claimed }) => claimed),
    batch.map(({ claimFor, id }) => claimFor !== null && id !== tasks[7]!.id),
  );
  const { tasksByStatus } = await storage.statistics();
  assertEquals([tasksByStatus.Queued, tasksByStatus.Completed], [79, 1]);
  assertEquals((await storage.auditGrowth({ exact: true }))[0]!.rows, 81);
});

Deno.test("a batch of many workers' ends, in the caller's transaction, applies those whose lease is held", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  const { tasks } = await storeClaimed(storage, 300);
  const isStale = (index: number) => index % 50 === 49;
  const ends = tasks.map(({ id, claimFor }, index) => ({
    taskId: id,
    auditLevel: "Full",
    transitions: [
      { status: "InProgress", exception: null, agoMs: 2 },
      { status: index % 3 === 0 ? "Cancelled" : "Completed", exception: null, agoMs: 1 },
    ],
    lease: { workerId: claimFor!, token: isStale(index) ? 7 : 1 },
    executionTimeMs: index / 8,
  } as const));
  const connection = new DatabaseSync(scratch.path);
  connection.exec("BEGIN IMMEDIATE");
  const results = await storage.setStatusMany(ends, { connection });
  connection.exec("COMMIT");
  connection.close();
  assertEquals(results.map(({ applied }) => applied), ends.map((_, index) => !isStale(index)));
  for (const [index, { taskId, transitions, executionTimeMs }] of ends.entries()) {
    const task = (await storage.get(taskId))!;
    const { items } = await storage.statusAudit(taskId);
    const history = items.map((row) => row.newStatus);
    if (isStale(index)) {
      assertEquals([task.status, task.executionTimeMs, history], ["Queued", null, ["Queued"]]);
    } else {
      assertEquals([task.status, task.workerId], [transitions[1].status, null]);
      assertEquals(task.executionTimeMs, executionTimeMs);
      assertEquals(history, ["Queued", "InProgress", transitions[1].status]);
    }
  }
});

Deno.test("a batch of changes may need more parameters than a statement can have", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open({ path: ":memory:" });
  const tasks = Array.from({ length: 20_000 }, () => newTask());
  await storage.persist(tasks);
  const transitions = [{ status: "InProgress", exception: null, agoMs: 0 }] as const;
  await storage.setStatusMany(
    tasks.map(({ id }) => ({ taskId: id, auditLevel: "Full", transitions })),
  );
  assertEquals((await storage.auditGrowth({ exact: true }))[0]!.rows, 40_000);
});
