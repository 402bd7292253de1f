// Tests the activity and the failures of all processes, which `operate` returns.

import { assertEquals, assertRejects } from "@std/assert";
import { defineTask, InvalidArgumentError, noRetry } from "../../mod.ts";
import { Fleet } from "../support/fleet.ts";

const good = defineTask<null>({ type: "good", handle() {} });
const bad = defineTask<number>({
  type: "bad",
  handle(number) {
    throw new Error(`order ${number} is gone`);
  },
});
const tasks = [good, bad];

Deno.test("workers report their activity with heartbeats, and the rest when they stop", async () => {
  await using fleet = new Fleet();
  const web = fleet.create({ tasks });
  const worker = await fleet.start({ tasks, retry: noRetry() });
  await worker.dispatch(good, null);
  await worker.dispatch(bad, 1);
  await worker.dispatch(bad, 2, { auditLevel: "None" });
  await fleet.pass(10_000);
  const [step] = await web.operate.activity({ by: ["type"] });
  assertEquals([step?.type, step?.started, step?.failed], ["bad", 2, 2]);
  assertEquals(step?.run.histogram.reduce((sum, count) => sum + count), 2);
  await worker.dispatch(good, null);
  await fleet.pass(10);
  await worker.stop();
  const all = await web.operate.activity({ step: "day", to: new Date(fleet.clock.now() + 1) });
  assertEquals(all.map(({ completed, failed, queue }) => [completed, failed, queue]), [[
    2,
    2,
    null,
  ]]);
  const { items } = await web.operate.failures.list();
  assertEquals(items.map(({ type, count }) => [type, count]), [["bad", 1]]);
  assertEquals(items[0]?.summary.split("\n")[0], "Error: order <n> is gone");
  assertEquals((await web.get(items[0]!.taskId))?.status, "Failed");
});

Deno.test("an invalid period, step or grouping of activity is rejected", async () => {
  await using fleet = new Fleet();
  const web = fleet.create({ tasks });
  const wrong = [
    { from: new Date(0) },
    { from: "yesterday" },
    { step: "week" },
    { by: ["worker"] },
    { misspelt: 1 },
  ];
  for (const options of wrong) {
    await assertRejects(() => web.operate.activity(options as object), InvalidArgumentError);
  }
});

const hourMs = 3_600_000;

Deno.test("failures are counted by hour, with the versions of the application that failed", async () => {
  await using fleet = new Fleet();
  const web = fleet.create({ tasks });
  const old = await fleet.start({ tasks, retry: noRetry(), version: "2.4.0" });
  const startAt = new Date(Math.floor(fleet.clock.now() / hourMs) * hourMs);
  await old.dispatch(bad, 1);
  await fleet.pass(10_000);
  await old.stop();
  await fleet.pass(2 * hourMs);
  const present = await fleet.start({ tasks, retry: noRetry(), version: "2.4.1" });
  await present.dispatchMany(bad, [2, 3]);
  await fleet.pass(10_000);
  const { items: [group] } = await web.operate.failures.list({ step: "hour" });
  assertEquals([group!.firstVersion, group!.lastVersion], ["2.4.0", "2.4.1"]);
  assertEquals(group!.counts, [
    { startAt, count: 1 },
    { startAt: new Date(startAt.getTime() + 2 * hourMs), count: 2 },
  ]);
  const { items: [recent] } = await web.operate.failures.list({
    from: new Date(startAt.getTime() + hourMs),
  });
  assertEquals(recent!.counts.map(({ count }) => count), [2]);
  assertEquals((await web.operate.failures.list({ limit: 1 })).items[0]!.counts, []);
});

Deno.test("an invalid page or span of failures is rejected", async () => {
  await using fleet = new Fleet();
  const web = fleet.create({ tasks });
  const wrong = [
    { step: "minute" },
    { from: "yesterday" },
    { from: new Date(fleet.clock.now() - 201 * hourMs) },
    { limit: 0 },
    { misspelt: 1 },
  ];
  for (const options of wrong) {
    await assertRejects(() => web.operate.failures.list(options as object), InvalidArgumentError);
  }
});
