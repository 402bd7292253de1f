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
