// Tests the events of tasks, with all of their fields.

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  defineTask,
  type EverTask,
  linearRetry,
  noRetry,
  type TaskContext,
  type TaskEvent,
} from "../../mod.ts";
import { severityOf } from "../../src/events/task_event.ts";
import { Fleet, untilAborted } from "../support/fleet.ts";

type Mail = { readonly to: string };
type Handle = (mail: Mail, context: TaskContext) => void | Promise<void>;

const payload: Mail = { to: "ada@example.com" };

/** Defines a task whose events have values in all fields. */
function taskThat(handle: Handle, retry = noRetry()) {
  return defineTask<Mail>({ type: "send", handlerName: "SendMail", retry, handle });
}

/** Returns the kinds of a task's events, and checks that each event has all fields. */
function wholeEvents(fleet: Fleet, id: string, recurring = false): string[] {
  const events = fleet.events.filter(({ taskId }) => taskId === id);
  for (const event of events) {
    const { taskType, taskHandlerType, taskParameters, queue, taskKey, severity, kind } = event;
    assertEquals(
      { taskType, taskHandlerType, taskParameters, queue, taskKey, recurring: event.recurring },
      {
        taskType: "send",
        taskHandlerType: "SendMail",
        taskParameters: JSON.stringify(payload),
        queue: "mail",
        taskKey: "welcome",
        recurring,
      },
      kind,
    );
    assertEquals(severity, severityOf[kind]);
    assertMatch(event.message, new RegExp(`^Task with id ${id} .*\\.$`));
    assertEquals(new Date(event.eventDateUtc).toISOString(), event.eventDateUtc);
  }
  return events.map(({ kind }) => kind);
}

function find(fleet: Fleet, kind: string): TaskEvent {
  const event = fleet.events.findLast((event) => event.kind === kind);
  assert(event, `there was no event ${kind}`);
  return event;
}

const queues = { mail: {} };
const options = { queue: "mail", taskKey: "welcome" };

async function dispatchOne(everTask: EverTask, task: ReturnType<typeof taskThat>): Promise<string> {
  return (await everTask.dispatch(task, payload, options)).id;
}

Deno.test("a task that fails once and then completes has an event for each step", async () => {
  await using fleet = new Fleet();
  const task = taskThat((_, { attempt }) => {
    if (attempt === 1) throw new Error("busy");
  }, linearRetry(1, 1000));
  const id = await dispatchOne(await fleet.start({ tasks: [task], queues }), task);
  await fleet.pass(2000, 500);
  assertEquals(wholeEvents(fleet, id), [
    "dispatched",
    "started",
    "retrying",
    "started",
    "completed",
  ]);
  assertMatch(find(fleet, "retrying").exception!, /^Error: busy/);
  assertEquals([find(fleet, "retrying").attempt, find(fleet, "completed").attempt], [1, 2]);
  assertEquals(typeof find(fleet, "completed").durationMs, "number");
  assertEquals(typeof find(fleet, "started").waitMs, "number");
  assert(find(fleet, "completed").workerId);
});

Deno.test("a task that does not stop in time has the events timeout, stuck, failed", async () => {
  await using fleet = new Fleet();
  const task = taskThat(() => new Promise(() => {}));
  const id = await dispatchOne(
    await fleet.start({ tasks: [task], queues, timeout: 1000, abortGrace: 1000 }),
    task,
  );
  await fleet.pass(5000, 500);
  assertEquals(wholeEvents(fleet, id), ["dispatched", "started", "timeout", "stuck", "failed"]);
  assertMatch(find(fleet, "timeout").exception!, /1000 ms/);
});

for (const where of ["waiting", "running"] as const) {
  Deno.test(`a ${where} task that is cancelled has an event`, async () => {
    await using fleet = new Fleet();
    const task = taskThat((_, { signal }) => untilAborted(signal));
    const everTask = fleet.create({ tasks: [task], queues });
    if (where === "running") await everTask.start();
    const id = await dispatchOne(everTask, task);
    await fleet.settle();
    await everTask.cancel(id);
    await fleet.settle();
    assertEquals(wholeEvents(fleet, id), [
      "dispatched",
      ...(where === "running" ? ["started"] : []),
      "cancelled",
    ]);
    assertEquals(await everTask.cancel(id), "ended");
    await fleet.settle();
    assertEquals(fleet.kinds(id).filter((kind) => kind === "cancelled").length, 1);
  });
}

Deno.test("missed occurrences of a series emit one event with their number", async () => {
  await using fleet = new Fleet();
  const task = taskThat(() => {});
  const before = await fleet.start({ tasks: [task], queues });
  const { id } = await before.dispatch(task, payload, {
    ...options,
    recurring: (r) => r.every(1).minutes(),
  });
  await fleet.pass(60_000, 1000);
  await fleet.stop(before);
  await fleet.pass(5 * 60_000);
  await fleet.start({ tasks: [task], queues });
  await fleet.pass(1000);
  assertEquals(wholeEvents(fleet, id, true).slice(0, 4), [
    "dispatched",
    "started",
    "completed",
    "recurringScheduled",
  ]);
  const { count, nextRunUtc, message } = find(fleet, "missed");
  assertEquals(message, `Task with id ${id} missed ${count} occurrences.`);
  const { nextRunUtc: planned, count: skipped } = find(fleet, "recurringScheduled");
  assertEquals([nextRunUtc, count], [planned, skipped]);
  assertEquals(count, 5);
});

Deno.test("a task of a lost worker emits the event lost, or failed if it was lost too often", async () => {
  await using fleet = new Fleet();
  const task = taskThat((_, { signal }) => untilAborted(signal));
  const web = fleet.create({ tasks: [task], queues });
  const id = await dispatchOne(web, task);
  const storage = await fleet.storage();
  const lose = async (): Promise<void> => {
    const worker = { id: crypto.randomUUID(), host: "lost" };
    await storage.registerWorker(worker);
    const request = { workerId: worker.id, types: ["send"], queues: [{ name: "mail", limit: 1 }] };
    assertEquals((await storage.claim(request)).tasks.length, 1);
    const transitions = [{ status: "InProgress", exception: null, agoMs: 0 }] as const;
    await storage.setStatusMany([{ taskId: id, auditLevel: "Full", transitions }]);
    await storage.unregisterWorker(worker.id);
  };
  const idle = defineTask<null>({ type: "idle", handle() {} });
  await fleet.start({ tasks: [idle], queues, poisonLimit: 1 });
  await lose();
  await fleet.pass(60_000, 1000);
  assertEquals(find(fleet, "lost").count, 1);
  assertMatch(find(fleet, "lost").exception!, /worker that held the task was lost/);
  await lose();
  await fleet.pass(60_000, 1000);
  const events = fleet.events.filter(({ taskId }) => taskId === id);
  assertEquals(events.map(({ kind }) => kind), ["dispatched", "lost", "failed"]);
  assertMatch(find(fleet, "failed").exception!, /too often/);
  assertEquals(events.slice(1).map(({ attempt }) => attempt), [1, 2]);
  for (const { taskKey, taskParameters, queue, recurring, kind } of events.slice(1)) {
    assertEquals([taskKey, taskParameters, queue, recurring], [
      "welcome",
      JSON.stringify(payload),
      "mail",
      false,
    ], kind);
  }
});

Deno.test("the event dispatched is emitted for new tasks, not for existing ones", async () => {
  await using fleet = new Fleet();
  const task = taskThat(() => {});
  const web = fleet.create({ tasks: [task], queues });
  const first = await web.dispatch(task, payload, { ...options, delay: 60_000 });
  await web.dispatch(task, payload, { ...options, delay: 70_000 });
  const many = await web.dispatchMany(task, [payload, payload, payload], { queue: "mail" });
  const worker = await fleet.start({ tasks: [task], queues, retry: noRetry() });
  await worker.dispatch(task, payload, { queue: "mail", taskKey: "once" });
  await fleet.settle();
  const found = fleet.events.filter(({ kind }) => kind === "dispatched");
  // The second dispatch has updated the first one's task.
  assertEquals(found.map(({ taskId }) => taskId).slice(0, 5), [
    first.id,
    first.id,
    ...many.map(({ id }) => id),
  ]);
  assertEquals([found.length, found[0]!.taskKey, found[5]!.taskKey], [6, "welcome", "once"]);
});

Deno.test("a dispatch that does not change the task with its key emits no event", async () => {
  await using fleet = new Fleet();
  const task = taskThat((_, { signal }) => untilAborted(signal));
  const everTask = await fleet.start({ tasks: [task], queues });
  const id = await dispatchOne(everTask, task);
  await fleet.settle();
  const { outcome } = await everTask.dispatch(task, payload, options);
  await fleet.settle();
  assertEquals([outcome, fleet.kinds(id)], ["existing", ["dispatched", "started"]]);
});
