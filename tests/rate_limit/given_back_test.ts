// Tests that a cancelled task returns its slot: later tasks neither wait for it nor are rejected
// because of it.

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { defineTask, type EverTask, type Task } from "../../mod.ts";
import { Faults } from "../support/faulty_storage.ts";
import { Fleet, gate } from "../support/fleet.ts";
import { busiestWindow, byAddress, type Mail, mailer } from "./mailer.ts";

const minute = 60_000;
const onceAMinute = { permits: 1, period: { minutes: 1 }, burst: 1 };

/** Dispatches mails, and lets the worker defer those over the limit. */
async function flood(fleet: Fleet, everTask: EverTask, task: Task<Mail, Mail>, count: number) {
  const mails = Array.from({ length: count }, (_, n) => ({ to: "ada", n }));
  const results = await everTask.dispatchMany(task, mails);
  await fleet.pass(500, 50);
  return results.map(({ id }) => id);
}

/**
 * Dispatches a task. Returns the time that it waits for its slot, in milliseconds, or its status if
 * it does not wait.
 */
async function waitOf(fleet: Fleet, everTask: EverTask, task: Task<Mail, Mail>) {
  const asked = fleet.clock.now();
  const { id } = await everTask.dispatch(task, { to: "ada", n: 1000 });
  await fleet.pass(100, 50);
  const { status, dueAt } = (await everTask.get(id))!;
  return status === "WaitingQueue" ? dueAt!.getTime() - asked : status;
}

const orders: [order: string, sort: (ids: string[]) => string[]][] = [
  ["oldest first", (ids) => ids],
  ["newest first", (ids) => ids.toReversed()],
  ["every other one first", (ids) => [
    ...ids.filter((_, n) => n % 2 === 0),
    ...ids.filter((_, n) => n % 2 === 1),
  ]],
];

for (const scope of ["store", "memory"] as const) {
  for (const [order, sort] of orders) {
    Deno.test(`cancelled tasks return their slots to later tasks (${order}, ${scope})`, async () => {
      await using fleet = new Fleet();
      const { task, runs } = mailer(fleet, { ...onceAMinute, ...byAddress, scope });
      const everTask = await fleet.start({ tasks: [task] });
      for (const id of sort(await flood(fleet, everTask, task, 60))) await everTask.cancel(id);
      const wait = await waitOf(fleet, everTask, task);
      assert(typeof wait === "number" && wait > 55_000 && wait <= minute, `it waits: ${wait}`);
      await fleet.pass(2 * minute, 1_000);
      assertEquals(runs.map(({ n }) => n), [0, 1000]);
    });
  }
}

Deno.test("a process that runs no tasks returns slots as well, including a whole burst", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { ...onceAMinute, burst: 3, ...byAddress });
  const everTask = await fleet.start({ tasks: [task] });
  const web = fleet.create({ tasks: [task] });
  for (const id of await flood(fleet, everTask, task, 40)) await web.cancel(id);
  await fleet.pass(4 * minute, minute);
  await flood(fleet, everTask, task, 4);
  assertEquals(runs.length, 6);
});

Deno.test("for any cancellations in any order, no task is rejected or waits for cancelled ones", async () => {
  const count = 12;
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(Array.from({ length: count }, (_, n) => n)),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 4 }),
      async (cancelled, more, burst) => {
        await using fleet = new Fleet();
        const limit = { permits: 1, period: { minutes: 1 }, burst };
        const horizon = { maxReservationHorizon: { minutes: count - burst } };
        const { task, runs } = mailer(fleet, { ...limit, ...horizon });
        const everTask = await fleet.start({ tasks: [task], leaseDuration: { hours: 10 } });
        const ids = await flood(fleet, everTask, task, count);
        const outcomes = [];
        for (const n of cancelled) outcomes.push(await everTask.cancel(ids[n]!));
        const free = outcomes.filter((outcome) => outcome === "cancelled").length;
        const followers = Math.min(more, free);
        await flood(fleet, everTask, task, followers);
        const { tasksByStatus } = await everTask.statistics();
        assertEquals([tasksByStatus.Failed, tasksByStatus.WaitingQueue], [
          0,
          count - burst - free + followers,
        ]);
        await fleet.pass((count + 1) * minute, 20_000);
        assertEquals(runs.length, count - free + followers);
        assertLessOrEqual(busiestWindow(runs.map(({ at }) => at), minute), 1 + burst);
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("a task that is cancelled while it asks for a slot returns the slot", async () => {
  await using fleet = new Fleet();
  const { task } = mailer(fleet, onceAMinute);
  const answered = gate();
  const faults = new Faults();
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  await flood(fleet, everTask, task, 1);
  faults.rule = (verb) => verb === "takeRateSlots" ? { until: answered.opened } : null;
  const [asking] = await flood(fleet, everTask, task, 1);
  await everTask.cancel(asking!);
  faults.rule = () => null;
  answered.open();
  await fleet.pass(1_000, 100);
  const wait = await waitOf(fleet, everTask, task);
  assert(typeof wait === "number" && wait <= minute, `it waits: ${wait}`);
});

Deno.test("a series that is cancelled while it waits for its slot returns the slot", async () => {
  await using fleet = new Fleet();
  const task = defineTask<Mail>({ type: "mail", rateLimit: onceAMinute, handle() {} });
  const everTask = await fleet.start({ tasks: [task] });
  await flood(fleet, everTask, task, 1);
  const { id } = await everTask.dispatch(task, { to: "eve" }, {
    recurring: (r) => r.runNow().andThen().everyHour(),
    taskKey: "series",
  });
  await fleet.pass(500, 50);
  assertEquals((await everTask.get(id))!.rateSlotAt !== null, true);
  assertEquals(await everTask.cancel(id), "cancelled");
  const wait = await waitOf(fleet, everTask, task);
  assert(typeof wait === "number" && wait <= minute, `it waits: ${wait}`);
});

Deno.test("a task that was made due before its slot and is cancelled in a worker returns the slot", async () => {
  await using fleet = new Fleet();
  const { task } = mailer(fleet, onceAMinute);
  const release = gate();
  const blocker = defineTask<null>({ type: "blocker", handle: () => release.opened });
  const everTask = await fleet.start({
    tasks: [task, blocker],
    queues: { default: { parallelism: 1 } },
  });
  const [, waiting] = await flood(fleet, everTask, task, 2);
  await everTask.dispatch(blocker, null);
  await fleet.settle();
  await everTask.runNow(waiting!);
  await fleet.settle();
  assertEquals((await everTask.get(waiting!))!.workerId, everTask.workerId, "it was claimed");
  assertEquals(await everTask.cancel(waiting!), "requested");
  release.open();
  await fleet.settle();
  const wait = await waitOf(fleet, everTask, task);
  assert(typeof wait === "number" && wait <= minute, `it waits: ${wait}`);
});

Deno.test("a task that is cancelled before it has asked for a slot returns none", async () => {
  await using fleet = new Fleet();
  const { task } = mailer(fleet, onceAMinute);
  const faults = new Faults();
  const web = fleet.create({ tasks: [task], wrap: faults.wrap });
  const { id } = await web.dispatch(task, { to: "ada" });
  assertEquals(await web.cancel(id), "cancelled");
  assertEquals([faults.calls.get("returnRateSlots"), fleet.log], [undefined, []]);
});

Deno.test("a failure to return a slot is logged, and the task is still cancelled", async () => {
  await using fleet = new Fleet();
  const { task } = mailer(fleet, onceAMinute);
  const faults = new Faults();
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  const [, waiting] = await flood(fleet, everTask, task, 2);
  faults.rule = (verb) =>
    verb === "returnRateSlots" ? { at: "before", error: new Error("no room") } : null;
  assertEquals(await everTask.cancel(waiting!), "cancelled");
  assert(fleet.log.some((line) => line.includes("could not be given back")), fleet.log.join("\n"));
});
