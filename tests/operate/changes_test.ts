// Tests the changes of everTask.operate with the memory store: each verb applies or is rejected
// with a reason, and is recorded as an action.

import { assertEquals, assertRejects } from "@std/assert";
import {
  defineTask,
  type EverTask,
  InvalidArgumentError,
  noRetry,
  PayloadValidationError,
} from "../../mod.ts";
import type { OperationResult } from "../../src/operate/refusal.ts";
import { Fleet } from "../support/fleet.ts";

const by = "ada@example.org";
const operator = { by, reason: "as the customer asked" };

/** A validator that accepts numbers below ten. */
const small = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value: unknown) =>
      typeof value === "number" && value < 10
        ? { value }
        : { issues: [{ message: "must be below ten" }] },
  },
} as const;

const count = defineTask({ type: "count", payload: small, handle() {} });
const failing = defineTask<null>({
  type: "failing",
  handle() {
    throw new Error("it broke");
  },
});
const tasks = [count, failing];

function open(fleet: Fleet): EverTask {
  return fleet.create({ tasks, queues: { urgent: {} } });
}

/** The verbs, actors and targets of all actions, oldest first. */
async function noted(everTask: EverTask): Promise<string[]> {
  const { items } = await everTask.operate.actions.list();
  return items.map(({ verb, by, target }) => `${by} ${verb} ${target.kind}`).reverse();
}

function reasonOf(result: OperationResult): string | null {
  return result.applied ? null : result.reason;
}

Deno.test("a waiting task is edited: payload, queue, priority and due instant", async () => {
  await using fleet = new Fleet();
  const web = open(fleet);
  const { id } = await web.dispatch(count, 1, { delay: { hours: 1 } });
  const { version } = (await web.get(id))!;
  const at = new Date(fleet.clock.now() + 7_200_000);
  const edit = { payload: 2, queue: "urgent", priority: 3, at };
  const result = await web.operate.tasks.edit(id, edit, { ...operator, version });
  assertEquals(result.applied, true);
  const task = (await web.get(id))!;
  const { payload, queue, priority, dueAt } = task;
  assertEquals({ payload, queue, priority, dueAt }, {
    payload: "2",
    queue: "urgent",
    priority: 3,
    dueAt: at,
  });
  const { items: [action] } = await web.operate.actions.list({ taskId: id });
  assertEquals([action!.verb, action!.by, action!.reason], ["edit", by, operator.reason]);
  assertEquals(action!.doneAt, new Date(fleet.clock.now()));
  assertEquals(JSON.parse(action!.before!), {
    queue: "default",
    priority: 0,
    payload: "1",
    dueAt: new Date(fleet.clock.now() + 3_600_000).toISOString(),
  });
  assertEquals(JSON.parse(action!.after!), {
    queue: "urgent",
    priority: 3,
    payload: "2",
    dueAt: at.toISOString(),
  });
});

Deno.test("of two changes to the same version, the second is rejected", async () => {
  await using fleet = new Fleet();
  const web = open(fleet);
  const { id } = await web.dispatch(count, 1, { delay: { hours: 1 } });
  const { version } = (await web.get(id))!;
  const first = await web.operate.tasks.edit(id, { priority: 1 }, { by: "ada", version });
  const second = await web.operate.tasks.delete(id, { by: "bob", version });
  assertEquals([reasonOf(first), reasonOf(second)], [null, "changed"]);
  assertEquals((await web.get(id))?.priority, 1);
  assertEquals(await noted(web), ["ada edit task"]);
});

Deno.test("a payload that the task's validator rejects changes nothing", async () => {
  await using fleet = new Fleet();
  const web = open(fleet);
  const { id } = await web.dispatch(count, 1, { delay: { hours: 1 } });
  const { tasks } = web.operate;
  await assertRejects(() => tasks.edit(id, { payload: 10 }, operator), PayloadValidationError);
  assertEquals((await web.get(id))?.payload, "1");
  assertEquals(await noted(web), []);
  assertEquals((await tasks.edit(id, { payload: 10, unchecked: true }, operator)).applied, true);
  assertEquals((await web.get(id))?.payload, "10");
});

Deno.test("a payload of an unregistered task is rejected, unless unchecked", async () => {
  await using fleet = new Fleet();
  const web = open(fleet);
  const { id } = await web.dispatch(count, 1, { delay: { hours: 1 } });
  const { tasks } = fleet.create({ tasks: [] }).operate;
  assertEquals(reasonOf(await tasks.edit(id, { payload: 2 }, operator)), "typeUnknown");
  assertEquals((await tasks.edit(id, { payload: [], unchecked: true }, operator)).applied, true);
  assertEquals((await web.get(id))?.payload, "[]");
});

/** A function that makes a task or a series in a given state, and returns its id. */
type State = (web: EverTask, fleet: Fleet) => Promise<string>;

const hourly = { recurring: { kind: "interval", every: 1, unit: "hours" } } as const;

const states: Record<string, State> = {
  missing: () => Promise.resolve("01900000-0000-7000-8000-000000000001"),
  "no id": () => Promise.resolve("nonsense"),
  waiting: async (web) => (await web.dispatch(count, 1, { delay: { hours: 1 } })).id,
  held: async (web, fleet) => {
    const { id } = await web.dispatch(count, 1);
    await hold(fleet);
    return id;
  },
  failed: (web, fleet) => ended(web, fleet, "Failed"),
  completed: (web, fleet) => ended(web, fleet, "Completed"),
  series: async (web) => (await web.dispatch(count, 1, hourly)).id,
  "paused series": async (web) => {
    const { id } = await web.dispatch(count, 1, hourly);
    await web.operate.series.pause(id, operator);
    return id;
  },
  "ended series": async (web) => {
    const { id } = await web.dispatch(count, 1, hourly);
    await web.cancel(id);
    return id;
  },
};

/** Makes a worker claim the due tasks. */
async function hold(fleet: Fleet): Promise<void> {
  const storage = await fleet.storage();
  await storage.registerWorker({ id: "worker-1", host: "app.example" });
  const queues = [{ name: "default", limit: 10 }];
  await storage.claim({ workerId: "worker-1", types: ["count"], queues });
}

async function ended(web: EverTask, fleet: Fleet, status: "Failed" | "Completed") {
  const { id } = await web.dispatch(count, 1);
  const exception = status === "Failed" ? "it broke" : null;
  await (await fleet.storage()).setStatus(id, status, exception, "Full");
  return id;
}

const verbs: Record<string, (web: EverTask, id: string) => Promise<OperationResult>> = {
  edit: (web, id) => web.operate.tasks.edit(id, { priority: 1 }, operator),
  "edit when": (web, id) => web.operate.tasks.edit(id, { delay: 5 }, operator),
  delete: (web, id) => web.operate.tasks.delete(id, operator),
  retry: (web, id) => web.operate.tasks.retry(id, operator),
  runNow: (web, id) => web.operate.tasks.runNow(id, operator),
  cancel: (web, id) => web.operate.tasks.cancel(id, operator),
  pause: (web, id) => web.operate.series.pause(id, operator),
  resume: (web, id) => web.operate.series.resume(id, operator),
  reschedule: (web, id) => web.operate.series.edit(id, "0 0 * * *", operator),
};

/** The reason why each verb is rejected in each state, or null if it applies. */
const expected: Record<string, Record<string, string | null>> = {
  missing: all("notStored"),
  "no id": all("notStored"),
  waiting: { ...all(null), retry: "waiting", ...ofSeries("oneShot") },
  held: { ...all("held"), cancel: null, ...ofSeries("oneShot") },
  failed: {
    ...all("ended"),
    ...{ delete: null, retry: null, runNow: null },
    ...ofSeries("oneShot"),
  },
  completed: {
    ...all("ended"),
    ...{ delete: null, retry: null, runNow: "completed" },
    ...ofSeries("oneShot"),
  },
  series: { ...all(null), "edit when": "series", retry: "series", resume: "notPaused" },
  "paused series": { ...all(null), "edit when": "series", retry: "series", pause: "paused" },
  "ended series": { ...all("seriesEnded"), delete: null },
};

function all(reason: string | null): Record<string, string | null> {
  return Object.fromEntries(Object.keys(verbs).map((verb) => [verb, reason]));
}

function ofSeries(reason: string): Record<string, string> {
  return { pause: reason, resume: reason, reschedule: reason };
}

for (const [state, reach] of Object.entries(states)) {
  Deno.test(`${state}: each verb applies and is recorded, or is rejected without a change`, async () => {
    for (const [verb, change] of Object.entries(verbs)) {
      await using fleet = new Fleet();
      const web = open(fleet);
      const id = await reach(web, fleet);
      const before = await web.get(id);
      const notes = await noted(web);
      const result = await change(web, id);
      assertEquals(reasonOf(result), expected[state]![verb], `${verb} of ${state}`);
      const isNoted = (await noted(web)).length === notes.length + 1;
      assertEquals(isNoted, result.applied, verb);
      if (!result.applied) assertEquals(await web.get(id), before, verb);
    }
  });
}

Deno.test("a failed task that is retried runs again, and keeps its history", async () => {
  await using fleet = new Fleet();
  const web = open(fleet);
  await fleet.start({ tasks, retry: noRetry() });
  const { id } = await web.dispatch(failing, null);
  await fleet.pass(10_000);
  const before = (await web.statusAudit(id)).items.length;
  assertEquals((await web.get(id))?.status, "Failed");
  assertEquals((await web.operate.tasks.retry(id, operator)).applied, true);
  await fleet.pass(10_000);
  const { items } = await web.statusAudit(id);
  assertEquals(items.length > before + 1, true);
  assertEquals(items[before]!.newStatus, "Queued");
});

Deno.test("an ended task is retried with another payload, which its validator checks", async () => {
  await using fleet = new Fleet();
  const web = open(fleet);
  const id = await ended(web, fleet, "Failed");
  const { tasks } = web.operate;
  await assertRejects(() => tasks.retry(id, operator, { payload: 10 }), PayloadValidationError);
  await assertRejects(
    () => tasks.retry(id, operator, { paylod: 1 } as never),
    InvalidArgumentError,
  );
  const { payload, status } = (await web.get(id))!;
  assertEquals([payload, status], ["1", "Failed"]);
  const other = fleet.create({ tasks: [failing] });
  assertEquals(
    reasonOf(await other.operate.tasks.retry(id, operator, { payload: 2 })),
    "typeUnknown",
  );
  assertEquals((await tasks.retry(id, operator, { payload: 2 })).applied, true);
  const task = (await web.get(id))!;
  assertEquals([task.payload, task.status, task.attempt], ["2", "Queued", 0]);
  const { items: [action] } = await web.operate.actions.list({ taskId: id });
  assertEquals(JSON.parse(action!.before!), { status: "Failed", attempt: 0, payload: "1" });
  assertEquals(JSON.parse(action!.after!), { status: "Queued", attempt: 0, payload: "2" });
});

Deno.test("operate.tasks.cancel emits the same event as EverTask.cancel", async () => {
  await using fleet = new Fleet();
  const web = open(fleet);
  const { id } = await web.dispatch(count, 1, { delay: { hours: 1 } });
  const heard: string[] = [];
  web.events.subscribe(({ kind, taskId }) => void heard.push(`${kind} ${taskId}`));
  await web.operate.tasks.cancel(id, operator);
  await fleet.pass(1);
  assertEquals(heard, [`cancelled ${id}`]);
});

Deno.test("pausing and resuming a queue is recorded with the actor", async () => {
  await using fleet = new Fleet();
  const web = open(fleet);
  await web.queues.pause("default", operator);
  assertEquals((await web.operate.queues()).find(({ queue }) => queue === "default")?.paused, true);
  await web.queues.resume("default", { by: "bob" });
  assertEquals(await noted(web), [`${by} pauseQueue queue`, "bob resumeQueue queue"]);
  await assertRejects(() => web.queues.pause("unknown", operator), InvalidArgumentError);
});

Deno.test("a preview shows the runs that the series has after the change", async () => {
  await using fleet = new Fleet();
  const web = open(fleet);
  const { id } = await web.dispatch(count, 1, hourly);
  const { info, runs } = await web.operate.series.preview("30 4 * * *", 3);
  assertEquals(runs.map((run) => run.toISOString().slice(11)), Array(3).fill("04:30:00.000Z"));
  await web.operate.series.edit(id, "30 4 * * *", operator);
  const { series } = (await web.get(id))!;
  assertEquals([series?.info, series?.nextRunAt], [info, runs[0]]);
});

Deno.test("a schedule with fewer runs than the series has had is rejected", async () => {
  await using fleet = new Fleet();
  const web = open(fleet);
  const { id } = await web.dispatch(count, 1, hourly);
  await (await fleet.storage()).updateCurrentRun(id, 1, fleet.clock.now() + 1000, "Full");
  const schedule = { kind: "cron", expression: "0 0 * * *", maxRuns: 1 } as const;
  await assertRejects(() => web.operate.series.edit(id, schedule, operator), InvalidArgumentError);
});

Deno.test("actor, reason, version and filter are validated", async () => {
  await using fleet = new Fleet();
  const { tasks, actions } = open(fleet).operate;
  const id = "01900000-0000-7000-8000-000000000001";
  const wrong = [
    {},
    { by: "" },
    { by: " " },
    { by: "a".repeat(201) },
    { by, reason: "" },
    { by, reason: 5 },
    { by, version: 5 },
    { by, because: "a typo" },
  ];
  for (const options of wrong) {
    await assertRejects(() => tasks.retry(id, options as never), InvalidArgumentError);
  }
  const edits = [{}, { priority: 1.5 }, { at: "x" }, { delay: 5, at: new Date() }, { prio: 1 }];
  for (const edit of edits) {
    await assertRejects(() => tasks.edit(id, edit as never, operator), InvalidArgumentError);
  }
  for (const filter of [{ by: "" }, { verbs: ["drop"] }, { who: "ada" }, { queue: 5 }]) {
    await assertRejects(() => actions.list(filter as never), InvalidArgumentError);
  }
  assertEquals((await actions.list({ taskId: "nonsense" })).items, []);
});
