// Task keys that an open transaction holds do not delay other work.

import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import { createEverTask, defineTask, silentLogger } from "../../../mod.ts";
import { newTask } from "../../support/new_task.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { claimRequest, connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const minute = 60_000;

for (const kind of ["new", "stored"] as const) {
  Deno.test(`a batch with skipBusy omits the tasks whose ${kind} keys a transaction holds`, async () => {
    const url = await server.createDatabase();
    await using storage = await openStorage({ url, notify: false });
    await using sql = connect(url);
    await storage.registerWorker({ id: "w", host: "h" });
    const keys = ["held 1", "held 2"];
    if (kind === "stored") await storage.persist(keys.map((taskKey) => newTask({ taskKey })));
    const tasks = [
      newTask({ taskKey: "held 1" }),
      newTask({ claimFor: "w" }),
      newTask({ taskKey: "free", claimFor: "w" }),
      newTask({ taskKey: "held 2" }),
      newTask({ taskKey: "free" }),
    ];
    await sql.begin(async (connection) => {
      await storage.persist(keys.map((taskKey) => newTask({ taskKey })), { connection });
      const results = await deadline(storage.persist(tasks, { skipBusy: true }), minute);
      assertEquals(
        results.map(({ outcome, claimed }) => [outcome, claimed]),
        [["busy", false], ["created", true], ["created", true], ["busy", false], [
          "existing",
          false,
        ]],
      );
      assertEquals(results[0]!.id, tasks[0]!.id);
      assertEquals(await storage.get(tasks[0]!.id), null, "the busy task is not stored");
    });
    const again = await storage.persist(tasks, { skipBusy: true });
    assertEquals(
      again.map(({ outcome }) => outcome),
      ["updated", "created", "created", "updated", "existing"],
    );
  });
}

Deno.test("tasks with free keys are stored as usual", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url, notify: false });
  const tasks = [newTask(), newTask({ taskKey: "a" }), newTask({ taskKey: "a" })];
  const results = await storage.persist(tasks, { skipBusy: true });
  assertEquals(results.map(({ outcome }) => outcome), ["created", "created", "updated"]);
  assertEquals(results[2]!.id, tasks[1]!.id);
});

Deno.test("a worker ends its tasks while transactions dispatch with their keys", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url, notify: false });
  await using sql = connect(url);
  await storage.registerWorker({ id: "w", host: "h" });
  await storage.persist([newTask({ taskKey: "running" }), newTask()]);
  const { tasks } = await storage.claim(claimRequest("w"));
  await sql.begin(async (connection) => {
    const [result] = await storage.persist([newTask({ taskKey: "running" })], { connection });
    assertEquals(result!.outcome, "existing");
    const ends = storage.setStatusMany(tasks.map(({ id, leaseToken }) => ({
      taskId: id,
      auditLevel: "Full",
      transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
      lease: { workerId: "w", token: leaseToken },
    })));
    assertEquals(await deadline(ends, minute), [{ applied: true }, { applied: true }]);
  });
});

Deno.test("dispatches with other keys continue, and those with held keys resolve when the keys are free", async () => {
  const url = await server.createDatabase();
  await using sql = connect(url);
  const task = defineTask<number>({ type: "task", handle() {} });
  await using everTask = createEverTask({
    storage: postgresStorage(url),
    tasks: [task],
    logger: silentLogger,
    dispatchRetryFor: { minutes: 1 },
  });
  const delay = { hours: 1 };
  const keys = Array.from({ length: 8 }, (_, n) => `held ${n}`);
  await everTask.dispatch(task, 0);
  let waiting: Promise<string>[] = [];
  await sql.begin(async (connection) => {
    for (const taskKey of keys) await everTask.dispatch(task, 1, { taskKey, delay, connection });
    waiting = keys.map(async (taskKey) =>
      (await everTask.dispatch(task, 2, { taskKey, delay })).outcome
    );
    for (let n = 0; n < 20; n++) {
      const others = [{}, { taskKey: `free ${n}` }]
        .map((options) => everTask.dispatch(task, n, options));
      await deadline(Promise.all(others), minute);
    }
  });
  assertEquals(await Promise.all(waiting), keys.map(() => "updated"));
});
