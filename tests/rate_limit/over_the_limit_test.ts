// Tests tasks over their rate limit: they wait in storage, fail, or are skipped.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Faults } from "../support/faulty_storage.ts";
import { Fleet } from "../support/fleet.ts";
import { byAddress, type Mail, mailer } from "./mailer.ts";

const second = { seconds: 1 };

Deno.test("a deferred task waits in storage with its slot, unclaimed and without a counted attempt", async () => {
  await using fleet = new Fleet();
  const attempts: number[] = [];
  const { task } = mailer(fleet, { permits: 1, period: { minutes: 1 } }, {
    handle: (_: Mail, { attempt }: { attempt: number }) => void attempts.push(attempt),
  });
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatch(task, { to: "ada" });
  const { id } = await everTask.dispatch(task, { to: "bob" });
  await fleet.settle();
  const parked = (await everTask.get(id))!;
  assertEquals([parked.status, parked.workerId, parked.attempt], ["WaitingQueue", null, 0]);
  assertEquals(parked.rateSlotAt, parked.dueAt);
  assertEquals(parked.dueAt!.getTime(), fleet.clock.now() + 60_000);
  await fleet.pass(60_000, 20_000);
  assertEquals((await everTask.get(id))!.status, "Completed");
  assertEquals(attempts, [1, 1]);
});

Deno.test("a retry that its limit defers stays a retry", async () => {
  await using fleet = new Fleet();
  const { task } = mailer(fleet, { permits: 1, period: { minutes: 1 } }, {
    retry: { nextDelay: () => 1_000 },
    handle() {
      throw new Error("busy");
    },
  });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, { to: "ada" });
  await fleet.pass(5_000, 500);
  const { status, attempt, rateSlotAt, dueAt } = (await everTask.get(id))!;
  assertEquals([status, attempt, rateSlotAt], ["Pending", 1, dueAt]);
});

Deno.test("a reservation survives the process that made it", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 1, period: { minutes: 1 } });
  const first = await fleet.start({ tasks: [task] });
  await first.dispatchMany(task, [{ to: "a" }, { to: "b" }, { to: "c" }]);
  await fleet.settle();
  await fleet.stop(first);
  const started = fleet.clock.monotonic();
  await fleet.start({ tasks: [task] });
  await fleet.pass(120_000, 20_000);
  assertEquals(runs.map(({ to }) => to), ["a", "b", "c"]);
  assertEquals(runs.map(({ at }) => Math.round((at - started) / 60_000)), [0, 1, 2]);
});

Deno.test("a one-shot task whose slot is beyond the horizon fails, with an event", async () => {
  await using fleet = new Fleet();
  const failures: unknown[] = [];
  const { task, runs } = mailer(fleet, {
    permits: 1,
    period: { minutes: 1 },
    maxReservationHorizon: { seconds: 90 },
    ...byAddress,
  }, { onError: (_: unknown, error: Error) => void failures.push(error.name) });
  const everTask = await fleet.start({ tasks: [task] });
  const results = await everTask.dispatchMany(
    task,
    Array.from({ length: 3 }, () => ({ to: "ada" })),
  );
  await fleet.settle();
  const { id } = results[2]!;
  const record = (await everTask.get(id))!;
  assertEquals(record.status, "Failed");
  assertStringIncludes(record.exception!, "RateLimitRejectedError");
  assertStringIncludes(record.exception!, '"ada"');
  assertEquals(fleet.kinds(id), ["dispatched", "rateLimitRejected", "failed"]);
  assertEquals(failures, ["RateLimitRejectedError"]);
  assertEquals(runs.length, 1);
});

Deno.test("with Discard, tasks over the limit fail at once", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 2, period: second, overflow: "Discard" });
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatchMany(task, Array.from({ length: 5 }, () => ({ to: "ada" })));
  await fleet.settle();
  const { tasksByStatus } = await everTask.statistics();
  assertEquals([runs.length, tasksByStatus.Completed, tasksByStatus.Failed], [2, 2, 3]);
});

Deno.test("a rejected occurrence of a series is skipped, does not count, and does not shift the schedule", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, {
    permits: 1,
    period: { minutes: 3 },
    overflow: "Discard",
  });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, { to: "ada" }, {
    recurring: (every) => every.every(1).minutes().maxRuns(3),
  });
  const created = fleet.clock.monotonic();
  await fleet.pass(8 * 60_000, 10_000);
  assertEquals(runs.map(({ at }) => Math.round((at - created) / 60_000)), [1, 4, 7]);
  const { series, status } = (await everTask.get(id))!;
  assertEquals([series!.runCount, series!.nextRunAt, status], [3, null, "Completed"]);
  const audited = await everTask.runsAudit(id);
  assertEquals(audited.items.map((run) => run.status), ["Completed", "Completed", "Completed"]);
  assertEquals(fleet.kinds(id).filter((kind) => kind === "rateLimitRejected").length, 4);
});

Deno.test("a deferred occurrence of a series runs once, late, and does not shift the schedule", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 2, period: { minutes: 3 }, burst: 1 });
  const everTask = await fleet.start({ tasks: [task] });
  const created = fleet.clock.monotonic();
  await everTask.dispatch(task, { to: "ada" }, { recurring: (every) => every.every(1).minutes() });
  await fleet.pass(6 * 60_000, 5_000);
  const minutes = runs.map(({ at }) => Math.round((at - created) / 6_000) / 10);
  // Slots are 1.5 minutes apart. The occurrence of minute 2 runs at minute 2.5. The occurrence of
  // minute 3 runs at minute 4, when the next one is already due.
  assertEquals(minutes.slice(0, 3), [1, 2.5, 4]);
  for (let i = 1; i < minutes.length; i++) {
    assert(minutes[i]! - minutes[i - 1]! >= 1.4, `${minutes}`);
  }
});

Deno.test("deferrals are reported with their number, at most once per type and second", async () => {
  await using fleet = new Fleet();
  const { task } = mailer(fleet, {
    permits: 1,
    period: { hours: 1 },
    maxReservationHorizon: { days: 9 },
  });
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatchMany(task, Array.from({ length: 100 }, () => ({ to: "ada" })));
  await fleet.pass(950, 50);
  const deferred = () => fleet.events.filter((event) => event.kind === "rateLimitDeferred");
  assertEquals(deferred().map((event) => [event.count, event.taskType]), [[1, "mail"]]);
  await fleet.pass(1_000, 50);
  assertEquals(deferred().map((event) => event.count), [1, 98]);
  assertEquals(deferred()[1]!.message, "98 tasks of type mail were deferred by their rate limit.");
});

Deno.test("a task whose limit is unavailable returns to storage without a counted attempt, and runs later", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const { task, runs } = mailer(fleet, { permits: 1, period: second });
  faults.rule = (verb) =>
    verb === "takeRateSlots" ? { at: "before", error: new Error("no answer") } : null;
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  await everTask.queues.pause("default");
  const { id } = await everTask.dispatch(task, { to: "ada" });
  await everTask.queues.resume("default");
  await fleet.settle();
  await everTask.queues.pause("default"); // so that the task is not claimed again
  await fleet.pass(100, 20);
  const { status, workerId, attempt } = (await everTask.get(id))!;
  assertEquals([runs.length, status, workerId, attempt], [0, "Queued", null, 0]);
  faults.rule = () => null;
  await everTask.queues.resume("default");
  await fleet.pass(100, 20);
  assertEquals(runs.length, 1);
});

Deno.test("a deferred task can be cancelled, and one that is made due early still waits for its slot", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 1, period: { minutes: 1 } });
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatch(task, { to: "a" });
  const { id: cancelled } = await everTask.dispatch(task, { to: "b" });
  const { id: hurried } = await everTask.dispatch(task, { to: "c" });
  await fleet.settle();
  assertEquals(await everTask.cancel(cancelled), "cancelled");
  assert(await everTask.runNow(hurried));
  await fleet.pass(1_000, 100);
  assertEquals(runs.map(({ to }) => to), ["a"]);
  await fleet.pass(120_000, 10_000);
  assertEquals(runs.map(({ to }) => to), ["a", "c"]);
});
