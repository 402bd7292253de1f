// Tests changes by operators that concern no single task: a released limit and a purge.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createEverTask, defineTask, InvalidArgumentError } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { byAddress, mailer } from "../rate_limit/mailer.ts";
import { Fleet } from "../support/fleet.ts";

const operator = { by: "ada", reason: "the provider agreed" };
const perMinute = { permits: 1, period: { minutes: 1 } };

Deno.test("after the release of a limit, its next waiting task runs at once, and the others in turn", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, perMinute);
  const web = fleet.create({ tasks: [] });
  const everTask = await fleet.start({ tasks: [task] });
  for (let n = 0; n < 4; n++) await everTask.dispatch(task, { to: "ada", n });
  await fleet.pass(10_000, 100);
  assertEquals(runs.length, 1);
  const released = fleet.clock.monotonic();
  assertEquals(await web.operate.releaseLimit({ type: "mail", key: "" }, operator), true);
  await fleet.pass(1_000, 100);
  assertEquals(runs.length, 2);
  await fleet.pass(180_000, 100);
  assertEquals(runs.length, 4);
  const minutes = runs.slice(1).map(({ at }) => Math.round((at - released) / 60_000));
  assertEquals(minutes, [0, 1, 2]);
  const { items: [action] } = await web.operate.actions.list();
  assertEquals([action!.verb, action!.by, action!.reason, action!.target, action!.before], [
    "releaseLimit",
    operator.by,
    operator.reason,
    { kind: "limit", id: "mail" },
    '{"type":"mail","key":""}',
  ]);
});

Deno.test("a task that waits for another key of the limit keeps its slot", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { ...perMinute, ...byAddress });
  const web = fleet.create({ tasks: [] });
  const everTask = await fleet.start({ tasks: [task] });
  for (const to of ["ada", "ada", "bob", "bob"]) await everTask.dispatch(task, { to });
  await fleet.pass(10_000, 100);
  await web.operate.releaseLimit({ type: "mail", key: "ada" }, operator);
  await fleet.pass(1_000, 100);
  assertEquals(runs.map(({ to }) => to).sort(), ["ada", "ada", "bob"]);
  await fleet.pass(55_000, 100);
  assertEquals(runs.length, 4);
  const [first, second] = runs.filter(({ to }) => to === "bob");
  assert(Math.abs(second!.at - first!.at - 60_000) < 1_000);
});

Deno.test("a limit without a budget is not released", async () => {
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
  assertEquals(await everTask.operate.releaseLimit({ type: "mail", key: "" }, operator), false);
  assertEquals((await everTask.operate.actions.list()).items, []);
});

Deno.test("a purge is one action of many batches, which another process can continue", async () => {
  await using fleet = new Fleet();
  const task = defineTask<number>({ type: "work", handle() {} });
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatchMany(task, [1, 2, 3, 4, 5]);
  await fleet.pass(1_000);
  await fleet.stop(everTask);
  await fleet.pass(100 * 86_400_000);
  const web = fleet.create({ tasks: [] });
  const policy = { statusAuditDays: 30, deleteCompletedTasksAfterRetention: true };
  const begun = await web.operate.purge(policy, { ...operator, limit: 4 });
  assertEquals([begun.statusAudit, begun.tasks, begun.busy], [3, 1, false]);
  const { items: [open] } = await web.operate.actions.list();
  assertEquals([open!.next, open!.changed], [begun.next, 4]);
  const other = fleet.create({ tasks: [] });
  let { next } = begun;
  while (next !== null) {
    ({ next } = await other.operate.purge(policy, { ...operator, after: next, limit: 4 }));
  }
  assertEquals((await web.list()).items, []);
  const { items: [action, ...others] } = await web.operate.actions.list();
  assertEquals([action!.verb, action!.next, others], ["purge", null, []]);
  assertEquals([action!.target, action!.after], [
    { kind: "history", id: null },
    JSON.stringify({ policy }),
  ]);
  assertEquals(action!.changed, 20); // three status changes and the row of each task
  await assertRejects(
    () => web.operate.purge(policy, { ...operator, after: begun.next! }),
    InvalidArgumentError,
    "options.after",
  );
});

Deno.test("a purge, a drain and a release check their arguments", async () => {
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
  const { operate } = everTask;
  const policy = { statusAuditDays: 30 };
  const wrong: readonly (() => Promise<unknown>)[] = [
    () => operate.purge({}, operator),
    () => operate.purge({ deleteCompletedTasksAfterRetention: true }, operator),
    () => operate.purge({ statusAuditDays: 0 }, operator),
    () => operate.purge({ statusAuditDays: "30" as never }, operator),
    () => operate.purge(policy, { by: "" }),
    () => operate.purge(policy, { ...operator, limit: 0 }),
    () => operate.purge(policy, { ...operator, limit: 10_001 }),
    () => operate.purge(policy, { ...operator, after: "dry.more" }),
    () => operate.purge(policy, { ...operator, after: "7.more" }),
    () => operate.drainWorker("", operator),
    () => operate.drainWorker("a", { by: "a".repeat(201) }),
    () => operate.releaseLimit({ type: "a" } as never, operator),
    () => operate.releaseLimit({ type: "a", key: "", keys: [] } as never, operator),
  ];
  for (const call of wrong) await assertRejects(call, InvalidArgumentError, undefined, `${call}`);
  assertEquals((await operate.actions.list()).items, []);
});
