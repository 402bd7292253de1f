// Tests the next runs that `operate.nextRuns` returns.

import { assertEquals } from "@std/assert";
import { createEverTask, defineTask, type DispatchOptions, silentLogger } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";

const tick = defineTask<null>({ type: "tick", handle() {} });
const at = (text: string) => new Date(text);

const cases: [name: string, recurring: DispatchOptions["recurring"], runs: Date[]][] = [
  [
    "a calendar across a clock change",
    {
      kind: "cron",
      expression: "0 9 * * *",
      timeZone: "Europe/Rome",
      start: { mode: "runAt", at: Date.parse("2099-03-28T08:00:00Z") },
    },
    [at("2099-03-28T08:00:00Z"), at("2099-03-29T07:00:00Z"), at("2099-03-30T07:00:00Z")],
  ],
  [
    "a series that ends after maxRuns",
    {
      kind: "interval",
      every: 1,
      unit: "hours",
      maxRuns: 2,
      start: { mode: "runAt", at: Date.parse("2099-01-01T00:00:00Z") },
    },
    [at("2099-01-01T00:00:00Z"), at("2099-01-01T01:00:00Z")],
  ],
  [
    "a series that ends at an instant",
    {
      kind: "interval",
      every: 1,
      unit: "hours",
      runUntil: Date.parse("2099-01-01T01:00:00Z"),
      start: { mode: "runAt", at: Date.parse("2099-01-01T00:00:00Z") },
    },
    [at("2099-01-01T00:00:00Z")],
  ],
];

Deno.test("the next runs of a series match its later runs", async (t) => {
  await using everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [tick],
    logger: silentLogger,
  });
  for (const [name, recurring, runs] of cases) {
    await t.step(name, async () => {
      const { id } = await everTask.dispatch(tick, null, { recurring: recurring! });
      assertEquals(await everTask.operate.nextRuns(id, 3), runs);
      await everTask.cancel(id);
      assertEquals(await everTask.operate.nextRuns(id), []);
    });
  }
  const { id } = await everTask.dispatch(tick, null, { delay: { hours: 1 } });
  for (const none of [id, "nobody", "01900000-0000-7000-8000-000000000001"]) {
    assertEquals(await everTask.operate.nextRuns(none), null);
  }
});
