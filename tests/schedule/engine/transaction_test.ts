// Tests a run that its handler completes in its own transaction: the handler's writes and the next
// run commit together.

import { DatabaseSync } from "node:sqlite";
import { assertEquals } from "@std/assert";
import { createEverTask, linearRetry, silentLogger } from "../../../mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { defineTask } from "../../../mod.ts";

Deno.test("a run completed in its handler's transaction sets the next run at the commit", async () => {
  const clock = new FakeClock("2026-03-10T00:00:00Z");
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE sums (run INTEGER)");
  let attempts = 0;
  const sum = defineTask({
    type: "sum",
    retry: linearRetry(1, 1_000),
    async handle(_, context) {
      database.exec("BEGIN IMMEDIATE");
      database.prepare("INSERT INTO sums VALUES (?)").run(context.run!.number);
      await context.complete(database);
      if (++attempts !== 2) return database.exec("COMMIT");
      database.exec("ROLLBACK");
      throw new Error("changed my mind");
    },
  });
  const everTask = createEverTask({
    storage: sqliteStorage({ database, exclusive: true, clock }),
    clock,
    tasks: [sum],
    logger: silentLogger,
    leaseDuration: { days: 300 },
  });
  const told: string[] = [];
  everTask.events.subscribe(({ kind, nextRunUtc }) => {
    told.push(nextRunUtc === null ? kind : `${kind} ${nextRunUtc.slice(11, 16)}`);
  }, { kinds: ["completed", "retrying", "recurringScheduled"] });
  await everTask.start();
  const { id } = await everTask.dispatch(sum, undefined, { recurring: (r) => r.everyHour() });
  await clock.advance(3.5 * 3_600_000);
  assertEquals(attempts, 4);
  const sums = database.prepare("SELECT run FROM sums ORDER BY run").all();
  assertEquals(sums.map(({ run }) => run), [1, 2, 3]);
  assertEquals((await everTask.get(id))!.series!.runCount, 3);
  assertEquals(told, [
    "completed",
    "recurringScheduled 02:00",
    "retrying",
    "completed",
    "recurringScheduled 03:00",
    "completed",
    "recurringScheduled 04:00",
  ]);
  await everTask.stop();
  database.close();
});
