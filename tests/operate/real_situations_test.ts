// Tests that explain finds the actual reason. Real instances and processes cause each reason, with
// SQLite and with PostgreSQL.

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import { defineTask, linearRetry, TaskCancelledError } from "../../mod.ts";
import type { Reason } from "../../src/operate/reason.ts";
import { integrationTasks } from "../integration/programs/tasks.ts";
import { eventually } from "../integration/support.ts";
import { Places } from "../support/places.ts";
import { leaseOfProcesses, Scene } from "./scene.ts";

const places = await Places.start();
Deno.test.afterAll(() => places.stop());

const { step } = integrationTasks(() => {});
const email = defineTask<null>({ type: "email", handle() {} });
const failing = defineTask<null>({
  type: "failing",
  retry: linearRetry(3, { hours: 1 }),
  handle: () => Promise.reject(new Error("No server.")),
});
const lost = defineTask<null>({ type: "lost", handle: () => Promise.reject(new Error("No.")) });
const limited = defineTask<null>({
  type: "limited",
  rateLimit: { permits: 1, period: { hours: 1 }, maxReservationHorizon: { days: 1 } },
  handle() {},
});
/** A task that runs until its instance stops, even if it is cancelled. */
const stubborn = defineTask<null>({
  type: "stubborn",
  handle: (_, { signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        if (!(signal.reason instanceof TaskCancelledError)) reject(signal.reason);
      });
    }),
});
const tasks = [step, email, failing, lost, limited, stubborn];

/** A function that causes a situation, and resolves to the id of the task to explain. */
type Arrange = (scene: Scene) => Promise<string>;

/** Dispatches a task, and waits until a worker with a parallelism of 1 runs it. */
async function runStubborn(scene: Scene, capacity = 1): Promise<string> {
  await scene.work({ tasks, queues: { default: { parallelism: 1, capacity } } });
  const { id } = await scene.web.dispatch(stubborn, null);
  await scene.has(id, "InProgress");
  return id;
}

/** Dispatches a task that runs in a process until the process ends. */
async function runInProcess(scene: Scene) {
  const process = await scene.startProcess();
  const { id } = await scene.web.dispatch(step, { ms: 600_000 });
  await scene.has(id, "InProgress");
  return { process, id };
}

const situations: [
  what: string,
  kinds: Reason["kind"][],
  says: RegExp,
  arrange: Arrange,
  leaseMs?: number,
][] = [
  [
    "a task that was never dispatched",
    ["notStored"],
    /No task/,
    () => Promise.resolve("01900000-0000-7000-8000-000000000001"),
  ],
  ["a transaction that is open", ["notStored"], /transaction is not committed/, inTransaction],
  [
    "a delay",
    ["delayed", "queueUnserved"],
    /due in \d/,
    async ({ web }) => (await web.dispatch(email, null, { delay: { hours: 1 } })).id,
  ],
  [
    "no worker",
    ["queueUnserved"],
    /no worker is running/,
    async ({ web }) => (await web.dispatch(email, null)).id,
  ],
  [
    "workers of other queues",
    ["queueUnserved"],
    /"mails".*similar name is "mail"/,
    async (scene) => {
      await scene.work({ tasks, queues: { mail: {} } });
      return (await scene.web.dispatch(email, null, { queue: "mails" })).id;
    },
  ],
  ["a worker without the type", ["typeUnknown"], /knows the type "email"/, async (scene) => {
    await scene.work({ tasks: [failing] });
    return (await scene.web.dispatch(email, null)).id;
  }],
  ["a paused queue", ["queuePaused"], /"default" is paused since \S+ by ada\./, async (scene) => {
    await scene.web.queues.pause("default", { by: "ada" });
    await scene.work({ tasks });
    return (await scene.web.dispatch(email, null)).id;
  }],
  [
    "a series that an operator has paused",
    ["seriesPaused"],
    /The series is paused since \S+ by ada \(too many mails\)/,
    async (scene) => {
      await scene.work({ tasks });
      const { id } = await scene.web.dispatch(email, null, { recurring: "0 0 1 1 *" });
      await scene.web.operate.series.pause(id, { by: "ada", reason: "too many mails" });
      return id;
    },
  ],
  ["a failed attempt", ["retry"], /Retry 1 of 3 is due in/, async (scene) => {
    await scene.work({ tasks });
    const { id } = await scene.web.dispatch(failing, null);
    await scene.has(id, "Pending");
    return id;
  }],
  ["a rate limit", ["rateLimited"], /rate limit lets it start in/, async (scene) => {
    await scene.work({ tasks });
    await scene.web.dispatch(limited, null);
    const { id } = await scene.web.dispatch(limited, null);
    await eventually("it has a slot", async () => (await scene.web.get(id))?.rateSlotAt !== null);
    return id;
  }],
  [
    "a series between its runs",
    ["nextRun", "queueUnserved"],
    /every hour|hour/,
    async ({ web }) =>
      (await web.dispatch(email, null, { recurring: (r) => r.every(1).hours(), taskKey: "k" })).id,
  ],
  ["busy places", ["placesBusy"], /The one place of queue "default" is busy/, async (scene) => {
    await runStubborn(scene);
    return (await scene.web.dispatch(email, null)).id;
  }],
  ["a running handler", ["held"], /It is running since 2\d{3}-.*: worker/, runStubborn],
  ["a claimed task that waits for a free place", ["held"], /starts it once/, async (scene) => {
    const { everTask } = await scene.work({ tasks, queues: { default: { parallelism: 1 } } });
    const first = await everTask.dispatch(stubborn, null);
    await scene.has(first.id, "InProgress");
    return (await everTask.dispatch(email, null)).id;
  }],
  [
    "a due task that a live worker may run",
    ["inLine"],
    /1 task of queue "default" is due/,
    async (scene) => {
      const serves = { queues: [{ name: "default", parallelism: 4 }], types: ["email"] };
      await scene.storage.registerWorker({ id: "slow", host: "here", serves });
      return (await scene.web.dispatch(email, null)).id;
    },
  ],
  [
    "a cancel request for a running task",
    ["cancelling", "held"],
    /cancellation was requested/,
    async (scene) => {
      const id = await runStubborn(scene);
      assertEquals(await scene.web.cancel(id), "requested");
      return id;
    },
  ],
  ["a frozen process", ["workerLate"], /its lease ended/, async (scene) => {
    const { process, id } = await runInProcess(scene);
    await process.freeze();
    await eventually("it is late", async () => (await scene.web.workers()).length === 0);
    return id;
  }, leaseOfProcesses],
  [
    "an unregistered worker that still holds the task",
    ["workerGone"],
    /not registered any more/,
    async (scene) => {
      const { id } = await scene.web.dispatch(email, null);
      await scene.storage.registerWorker({ id: "gone", host: "here" });
      const queues = [{ name: "default", limit: 1 }];
      await scene.storage.claim({ workerId: "gone", types: ["email"], queues });
      await scene.storage.unregisterWorker("gone");
      return id;
    },
  ],
  ["a killed process", ["queuePaused", "givenBack"], /was lost while it held/, async (scene) => {
    const { process, id } = await runInProcess(scene);
    await process.kill();
    await scene.web.queues.pause("default");
    await scene.startProcess();
    await scene.has(id, "ServiceStopped");
    return id;
  }],
  ["a worker that stopped", ["queueUnserved", "givenBack"], /Its worker stopped/, async (scene) => {
    const { everTask } = await scene.work({ tasks, abortGrace: 0 });
    const { id } = await everTask.dispatch(stubborn, null);
    await scene.has(id, "InProgress");
    await everTask.stop({ timeout: 0 });
    return id;
  }],
  ["a completed task", ["ended"], /Completed at .* after 1 attempt\./, async (scene) => {
    const engine = await scene.work({ tasks });
    const { id } = await engine.everTask.dispatch(email, null);
    await engine.ended(id);
    return id;
  }],
  ["a failed task", ["ended"], /Failed .* after 1 attempt \(Error: No\.\)/, async (scene) => {
    const engine = await scene.work({ tasks, retry: linearRetry(0, 0) });
    const { id } = await engine.everTask.dispatch(lost, null);
    await engine.ended(id);
    return id;
  }],
  ["a cancelled task", ["ended"], /ended as Cancelled/, async ({ web }) => {
    const { id } = await web.dispatch(email, null);
    await web.cancel(id);
    return id;
  }],
  ["a cancelled series", ["seriesEnded"], /was cancelled, after 0 runs/, async ({ web }) => {
    const { id } = await web.dispatch(email, null, { recurring: "0 0 1 1 *", taskKey: "k" });
    await web.cancel(id);
    return id;
  }],
  [
    "a series that has reached maxRuns",
    ["seriesEnded"],
    /maximum of runs, after 1 run/,
    async (scene) => {
      const engine = await scene.work({ tasks });
      const { id } = await engine.everTask.dispatch(email, null, {
        recurring: (r) => r.runNow().andThen().every(1).hours().maxRuns(1),
        taskKey: "k",
      });
      await engine.ended(id);
      return id;
    },
  ],
  [
    "a row that was changed by hand",
    ["outOfLine"],
    /changed outside of EverTask/,
    async ({ web, storage }) => {
      const { id } = await web.dispatch(email, null);
      await web.cancel(id);
      await storage.setStatus(id, "InProgress", null, "Full");
      return id;
    },
  ],
];

/** Dispatches a task in a transaction that is open until the end of the scene. */
async function inTransaction(scene: Scene): Promise<string> {
  if (scene.kind === "SQLite") {
    const database = new DatabaseSync(scene.address);
    database.exec("BEGIN IMMEDIATE");
    scene.onEnd(() => Promise.resolve(database.close()));
    return (await scene.web.dispatch(email, null, { connection: database })).id;
  }
  const sql = postgres(scene.address, { max: 1 });
  const stored = Promise.withResolvers<string>();
  const asked = Promise.withResolvers<void>();
  const transaction = sql.begin(async (connection) => {
    stored.resolve((await scene.web.dispatch(email, null, { connection })).id);
    await asked.promise;
  });
  transaction.catch(stored.reject);
  scene.onEnd(async () => {
    asked.resolve();
    await transaction;
    await sql.end();
  });
  return await stored.promise;
}

for (const kind of ["SQLite", "PostgreSQL"] as const) {
  for (const [what, kinds, says, arrange, leaseDuration = 15_000] of situations) {
    Deno.test(`explain gives ${kinds.join(" and ")} for ${what} (${kind})`, async () => {
      await using scene = await Scene.open(places, kind, { tasks, leaseDuration });
      const id = await arrange(scene);
      const { reasons, taskId } = await scene.web.operate.explain(id.toUpperCase());
      const told = reasons.map(({ sentence }) => sentence).join(" ");
      assertEquals([taskId, reasons.map(({ kind }) => kind)], [id, kinds], told);
      assert(says.test(told), told);
    });
  }
}

Deno.test("every kind of reason has a real situation", () => {
  const found = new Set(situations.flatMap(([, kinds]) => kinds));
  assertEquals(found.size, 19);
});
