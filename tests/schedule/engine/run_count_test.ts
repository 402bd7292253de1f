// Tests the run count at the maximum of its column.

import { DatabaseSync } from "node:sqlite";
import { assertEquals } from "@std/assert";
import { memoryHarness } from "../../drivers/memory/harness.ts";
import { sqliteHarness } from "../../drivers/sqlite/harness.ts";
import { withSqlServerHarness } from "../../drivers/sqlserver/harness.ts";
import type { StorageHarness } from "../../../src/testing/mod.ts";
import { needsTarget } from "../../support/tsql_server/target.ts";
import { createEverTask, defineTask, silentLogger } from "../../../mod.ts";

const highest = 2 ** 31 - 1;

const nodeSqlite = sqliteHarness("SQLite", (path) => new DatabaseSync(path), "before");

async function reachTheEnd(harness: StorageHarness, limited: boolean): Promise<void> {
  const place = await harness.create();
  const { promise: ran, resolve } = Promise.withResolvers<number>();
  const tick = defineTask({ type: "tick", handle: (_, { run }) => resolve(run!.number) });
  const everTask = createEverTask({
    storage: await place.another(),
    tasks: [tick],
    logger: silentLogger,
  });
  const told = Promise.withResolvers<void>();
  everTask.events.subscribe(() => told.resolve(), { kinds: ["completed"] });
  const { id } = await everTask.dispatch(tick, undefined, {
    recurring: (r) => limited ? r.everyHour().maxRuns(highest) : r.everyHour(),
  });
  await place.setRunCount!(id, limited ? highest - 1 : highest);
  await everTask.runNow(id);
  await everTask.start();
  assertEquals(await ran, limited ? highest : highest + 1);
  await told.promise;
  const { series } = (await everTask.get(id))!;
  assertEquals([series!.runCount, series!.nextRunAt === null], [highest, limited]);
  await everTask.stop();
  await place.dispose();
}

const stores = [
  ...[memoryHarness, nodeSqlite].map((harness) => ({
    name: harness.name,
    ignore: false,
    use: (work: (harness: StorageHarness) => Promise<void>) => work(harness),
  })),
  { ...needsTarget("SQL Server"), use: withSqlServerHarness },
];
for (const { name, ignore, use } of stores) {
  for (const limited of [false, true]) {
    const what = limited
      ? "a series with the highest limit ends when the run count reaches it"
      : "the run count stays at its highest value, and the series continues";
    Deno.test({
      name: `${what} (${name})`,
      ignore,
      fn: () => use((harness) => reachTheEnd(harness, limited)),
    });
  }
}
