// Tests downtime with servers whose clocks cannot be set. The tests move the stored instants back
// instead.

import { assertEquals } from "@std/assert";
import { createEverTask, defineTask, type MisfirePolicy, silentLogger } from "../../../mod.ts";
import { startPostgres } from "../../support/pg_server.ts";
import type { StorageHarness } from "../../../src/testing/mod.ts";
import { postgresHarness } from "../../drivers/postgres/harness.ts";
import { withSqlServerHarness } from "../../drivers/sqlserver/harness.ts";
import { needsTarget } from "../../support/tsql_server/target.ts";

const server = await startPostgres();
const database = await server.createDatabase();
Deno.test.afterAll(() => server.stop());

/** Runs the body of a test with a harness. */
type Use = (work: (harness: StorageHarness) => Promise<void>) => Promise<void>;

const servers: { readonly name: string; readonly use: Use; readonly ignore?: boolean }[] = [
  {
    name: "PostgreSQL",
    use: (work) => work(postgresHarness("postgres", () => Promise.resolve(database))),
  },
  { ...needsTarget("SQL Server"), use: withSqlServerHarness },
];
const hour = 3_600_000;

const policies: [misfire: MisfirePolicy, runs: number, skipped: number][] = [
  ["skip", 0, 5],
  ["once", 1, 4],
  [{ all: 3 }, 3, 2],
];
async function playDowntime(
  harness: StorageHarness,
  [misfire, expectedRuns, skipped]: typeof policies[number],
): Promise<void> {
  const place = await harness.create();
  const planned: number[] = [];
  const tick = defineTask<string>({
    type: "tick",
    handle: (_, { run }) => void planned.push(run!.scheduledAt.getTime()),
  });
  const engine = async () =>
    createEverTask({ storage: await place.another(), tasks: [tick], logger: silentLogger });
  const before = await engine();
  const { id } = await before.dispatch(tick, "Grüße", {
    recurring: (r) => r.everyHour().onMisfire(misfire),
    taskKey: "hourly",
  });
  await before.stop();
  await place.passTime(5.5 * hour);

  const everTask = await engine();
  const told = Promise.withResolvers<void>();
  const counts: number[] = [];
  everTask.events.subscribe(({ count, nextRunUtc }) => {
    counts.push(count);
    if (Date.parse(nextRunUtc!) > Date.now()) told.resolve();
  }, { kinds: ["recurringScheduled"] });
  await everTask.start();
  await told.promise;
  const { series, payload, status } = (await everTask.get(id))!;
  assertEquals([planned.length, series!.runCount, payload], [
    expectedRuns,
    expectedRuns,
    '"Grüße"',
  ]);
  assertEquals(status, expectedRuns === 0 ? "WaitingQueue" : "Completed");
  assertEquals(counts.reduce((sum, count) => sum + count), skipped);
  // The latest occurrences ran, and the next one is on the same grid.
  const next = series!.nextRunAt!.getTime();
  assertEquals(planned, planned.map((_, index) => next - (planned.length - index) * hour));
  assertEquals((next - Math.floor(series!.anchorAt.getTime() / 1000) * 1000) % hour, 0);
  assertEquals(next - Date.now() > 0 && next - Date.now() <= hour, true);
  await everTask.stop();
  await place.dispose();
}

/**
 * Tests a series that is registered and runs while the server's clock is a day ahead, before the
 * clock is corrected.
 */
async function playAhead(harness: StorageHarness): Promise<void> {
  const place = await harness.create();
  const ran: number[] = [];
  const tick = defineTask({
    type: "tick",
    handle: (_, { run }) => void ran.push(run!.scheduledAt.getTime()),
  });
  const engine = async () =>
    createEverTask({
      storage: await place.another(),
      tasks: [tick],
      logger: silentLogger,
      leaseDuration: 5_000,
    });
  const before = await engine();
  const completed = Promise.withResolvers<void>();
  before.events.subscribe(() => completed.resolve(), { kinds: ["recurringScheduled"] });
  await before.start();
  const { id } = await before.dispatch(tick, undefined, {
    recurring: (r) => r.runNow().andThen().every(2).seconds(),
    taskKey: "every two seconds",
  });
  await completed.promise;
  await before.stop();
  await place.setClockBack!(24 * hour);

  const everTask = await engine();
  const again = Promise.withResolvers<void>();
  everTask.events.subscribe(() => again.resolve(), { kinds: ["completed"] });
  await everTask.start();
  await again.promise;
  const { series } = (await everTask.get(id))!;
  assertEquals(series!.nextRunAt!.getTime() - Date.now() < hour, true);
  assertEquals(
    series!.anchorAt.getTime() - Date.now() < hour,
    true,
    "it counts as registered lately",
  );
  await everTask.stop();
  await place.dispose();
}

for (const { name, use, ignore = false } of servers) {
  Deno.test({
    name: `a series continues after the clock of ${name} was a day ahead`,
    ignore,
    fn: () => use(playAhead),
  });
  for (const policy of policies) {
    const what = JSON.stringify(policy[0]);
    Deno.test({
      name: `an hourly series that missed five occurrences follows its policy ${what} in ${name}`,
      ignore,
      fn: () => use((harness) => playDowntime(harness, policy)),
    });
  }
}
