// Tests series with a rate limit and an end: a run whose slot is after the end does not run.

import { assertEquals } from "@std/assert";
import { defineTask, type RateLimitOptions } from "../../mod.ts";
import { Fleet } from "../support/fleet.ts";

const minute = 60_000;

/** A series with a run at once and one every ten minutes, which ends after a given time. */
async function limitedSeries(
  fleet: Fleet,
  untilMs: number,
  rateLimit: RateLimitOptions<void>,
  handle: () => void = () => {},
) {
  const started = fleet.clock.now();
  const runs: number[] = [];
  const task = defineTask({
    type: "tick",
    rateLimit,
    retry: { nextDelay: () => 1_000 },
    handle() {
      runs.push(Math.round((fleet.clock.now() - started) / minute));
      handle();
    },
  });
  const everTask = await fleet.start({ tasks: [task], leaseDuration: { hours: 10 } });
  const { id } = await everTask.dispatch(task, undefined, {
    recurring: (r) =>
      r.runNow().andThen().every(10).minutes().runUntil(new Date(started + untilMs)),
    taskKey: "tick",
  });
  const missed = () =>
    fleet.events.filter(({ kind }) => kind === "missed")
      .reduce((total, { count }) => total + count, 0);
  return { everTask, id, runs, missed };
}

const onceAnHour = { permits: 1, period: { hours: 1 }, burst: 1 };

for (const scope of ["store", "memory"] as const) {
  Deno.test(`a run whose slot comes after runUntil is missed, and the series ends (${scope})`, async () => {
    await using fleet = new Fleet();
    const limit = { ...onceAnHour, scope };
    const { everTask, id, runs, missed } = await limitedSeries(fleet, 35 * minute, limit);
    await fleet.pass(180 * minute, minute);
    assertEquals(runs, [0]);
    const { status, series, dueAt } = (await everTask.get(id))!;
    assertEquals([status, series!.nextRunAt, dueAt, series!.runCount], [
      "Completed",
      null,
      null,
      1,
    ]);
    // The runs at 10, 20 and 30 minutes.
    assertEquals([missed(), fleet.kinds(id).includes("rateLimitDeferred")], [3, false]);
  });
}

Deno.test("a run whose slot is exactly at runUntil is missed, one a second sooner runs", async () => {
  const cases: [number, number[]][] = [[60 * minute, [0]], [60 * minute + 1_000, [0, 60]]];
  for (const [untilMs, expected] of cases) {
    await using fleet = new Fleet();
    const { runs } = await limitedSeries(fleet, untilMs, onceAnHour);
    await fleet.pass(180 * minute, minute);
    assertEquals(runs, expected);
  }
});

Deno.test("a retry that its rate limit defers past runUntil still runs, because its run has begun", async () => {
  await using fleet = new Fleet();
  let failures = 0;
  const { everTask, id, runs, missed } = await limitedSeries(fleet, 5 * minute, onceAnHour, () => {
    if (failures++ === 0) throw new Error("busy");
  });
  await fleet.pass(180 * minute, minute);
  const { status, series } = (await everTask.get(id))!;
  assertEquals([runs, status, series!.runCount, missed()], [[0, 60], "Completed", 1, 0]);
});

Deno.test("the occurrences after a missed one run as soon as the limit allows", async () => {
  await using fleet = new Fleet();
  const limit = { permits: 1, period: { minutes: 25 }, burst: 1 };
  const { runs, missed } = await limitedSeries(fleet, 55 * minute, limit);
  await fleet.pass(180 * minute, minute);
  assertEquals([runs, missed() > 0], [[0, 25, 50], true]);
});
