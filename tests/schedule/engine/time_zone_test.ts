// Tests time zones with the engine, on days of clock changes.

import { assertEquals } from "@std/assert";
import type { RecurringInput } from "../../../mod.ts";
import { recorder, scenario } from "./world.ts";

interface Change {
  readonly what: string;
  readonly recurring: RecurringInput;
  readonly start: string;
  readonly until: string;
  readonly runs: readonly string[];
}

const changes: Change[] = [
  {
    what: "a time that is skipped in Rome runs at the end of the gap",
    recurring: (r) => r.everyDay().atTime("02:30").inTimeZone("Europe/Rome"),
    start: "2026-03-27 12:00",
    until: "2026-03-30 12:00",
    runs: ["2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"],
  },
  {
    what: "a time that occurs twice in Rome runs at the first occurrence",
    recurring: (r) => r.cron("30 2 * * *").inTimeZone("Europe/Rome"),
    start: "2026-10-23 12:00",
    until: "2026-10-26 12:00",
    runs: ["2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"],
  },
  {
    what: "a cron schedule for every half hour in New York runs in both passes of a repeated hour",
    recurring: (r) => r.cron("*/30 0-2 * * *").inTimeZone("America/New_York"),
    start: "2026-11-01 03:45",
    until: "2026-11-01 12:00",
    runs: ["04:00", "04:30", "05:00", "05:30", "06:00", "06:30", "07:00", "07:30"]
      .map((time) => `2026-11-01 ${time}`),
  },
  {
    what: "intervals of elapsed hours do not change with Rome's clocks",
    recurring: (r) => r.every(6).hours().inTimeZone("Europe/Rome"),
    start: "2026-03-28 18:00",
    until: "2026-03-29 18:00",
    runs: ["2026-03-29 00:00", "2026-03-29 06:00", "2026-03-29 12:00", "2026-03-29 18:00"],
  },
];

for (const { what, recurring, start, until, runs } of changes) {
  scenario(what, async (world) => {
    const { task, planned } = recorder(world);
    const everTask = await world.start({ tasks: [task] });
    await everTask.dispatch(task, undefined, { recurring });
    await world.until(until);
    assertEquals(planned(), runs);
  }, { start });
}

scenario("after downtime over a clock change, a series keeps its local time", async (world) => {
  const { task, runs } = recorder(world);
  const before = world.engine({ tasks: [task] });
  await before.dispatch(task, undefined, {
    recurring: (r) => r.everyDay().atTime("09:00").inTimeZone("Europe/Rome").onMisfire("once"),
  });
  await world.stop(before);
  await world.until("2026-03-30 12:00");
  await world.start({ tasks: [task] });
  await world.until("2026-03-31 12:00");
  assertEquals(runs.map(({ scheduledAt, at }) => [scheduledAt, at]), [
    ["2026-03-30 07:00", "2026-03-30 12:00"],
    ["2026-03-31 07:00", "2026-03-31 07:00"],
  ]);
});
