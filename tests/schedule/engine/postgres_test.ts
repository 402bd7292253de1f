// Downtime, with the schedule in PostgreSQL: its clock cannot be set, so the stored instants are shifted back instead.

import { assertEquals } from "@std/assert";
import { createEverTask, defineTask, type MisfirePolicy, silentLogger } from "../../../mod.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { postgresHarness } from "../../drivers/postgres/harness.ts";

const server = await startPostgres();
const database = await server.createDatabase();
Deno.test.afterAll(() => server.stop());

const harness = postgresHarness("postgres", () => Promise.resolve(database));
const hour = 3_600_000;

const policies: [misfire: MisfirePolicy, runs: number, skipped: number][] = [
  ["skip", 0, 5],
  ["once", 1, 4],
  [{ all: 3 }, 3, 2],
];
for (const [misfire, expectedRuns, skipped] of policies) {
  Deno.test(`an hourly series that missed five occurrences goes by its policy ${JSON.stringify(misfire)} in PostgreSQL`, async () => {
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
    const { series, request, status } = (await everTask.get(id))!;
    assertEquals([planned.length, series!.runCount, request], [
      expectedRuns,
      expectedRuns,
      '"Grüße"',
    ]);
    assertEquals(status, expectedRuns === 0 ? "WaitingQueue" : "Completed");
    assertEquals(counts.reduce((sum, count) => sum + count), skipped);
    // What ran are the latest ones, and the next one is on the same grid.
    const next = series!.nextRunAt!;
    assertEquals(planned, planned.map((_, index) => next - (planned.length - index) * hour));
    assertEquals((next - Math.floor(series!.anchorAt / 1000) * 1000) % hour, 0);
    assertEquals(next - Date.now() > 0 && next - Date.now() <= hour, true);
    await everTask.stop();
    await place.dispose();
  });
}
