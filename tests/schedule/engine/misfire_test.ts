// Tests missed occurrences: after downtime, after long runs, and after an interrupted run.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { MisfirePolicy } from "../../../mod.ts";
import { defineTask, RetryLater } from "../../../mod.ts";
import { recorder, scenario } from "./world.ts";

interface Downtime {
  readonly misfire: MisfirePolicy;
  /** The time at which the engine restarts. It stopped at 02:30. */
  readonly back: string;
  /** The planned and the actual time of each run from the restart to 10:00. */
  readonly runs: [planned: string, at: string][];
  /** The next run and the skipped count in each event from the restart to 10:00. */
  readonly told: [next: string, skipped: number][];
}

const downtimes: Downtime[] = [
  {
    misfire: "skip",
    back: "08:15",
    runs: [["09:00", "09:00"], ["10:00", "10:00"]],
    told: [["09:00", 6], ["10:00", 0], ["11:00", 0]],
  },
  {
    misfire: "once",
    back: "08:15",
    runs: [["08:00", "08:15"], ["09:00", "09:00"], ["10:00", "10:00"]],
    told: [["09:00", 5], ["10:00", 0], ["11:00", 0]],
  },
  {
    misfire: { all: 2 },
    back: "08:15",
    runs: [["07:00", "08:15"], ["08:00", "08:15"], ["09:00", "09:00"], ["10:00", "10:00"]],
    told: [["08:00", 4], ["09:00", 0], ["10:00", 0], ["11:00", 0]],
  },
  {
    misfire: { all: 100 },
    back: "05:15",
    runs: [
      ["03:00", "05:15"],
      ["04:00", "05:15"],
      ["05:00", "05:15"],
      ["06:00", "06:00"],
      ["07:00", "07:00"],
      ["08:00", "08:00"],
      ["09:00", "09:00"],
      ["10:00", "10:00"],
    ],
    told: ["04:00", "05:00", "06:00", "07:00", "08:00", "09:00", "10:00", "11:00"]
      .map((next) => [next, 0]),
  },
];
// A late occurrence always runs if the next occurrence is not due yet.
for (const misfire of ["skip", "once", { all: 2 }] as const) {
  downtimes.push({
    misfire,
    back: "03:59",
    runs: [
      ["03:00", "03:59"],
      ...["04:00", "05:00", "06:00", "07:00", "08:00", "09:00", "10:00"]
        .map((time): [string, string] => [time, time]),
    ],
    told: ["04:00", "05:00", "06:00", "07:00", "08:00", "09:00", "10:00", "11:00"]
      .map((next) => [next, 0]),
  });
}

for (const { misfire, back, runs: expected, told } of downtimes) {
  const policy = JSON.stringify(misfire);
  scenario(
    `after downtime from 02:30 to ${back} an hourly series follows its policy ${policy}`,
    async (world) => {
      const { task, runs } = recorder(world);
      const before = await world.start({ tasks: [task] });
      const { id } = await before.dispatch(task, undefined, {
        recurring: (r) => r.everyHour().onMisfire(misfire),
      });
      await world.until("02:30");
      await world.stop(before);
      assertEquals(runs.splice(0).length, 2);
      world.events.splice(0);
      await world.until(back);
      const everTask = await world.start({ tasks: [task] });
      await world.until("10:00");
      const day = (time: string) => `2026-03-10 ${time}`;
      assertEquals(
        runs.map(({ number, scheduledAt, at }) => [number, scheduledAt, at]),
        expected.map(([planned, at], index) => [index + 3, day(planned), day(at)]),
      );
      assertEquals(world.scheduled(), told.map(([next, skipped]) => [day(next), skipped]));
      assertEquals((await everTask.get(id))!.series!.runCount, 2 + expected.length);
    },
  );
}

scenario(
  "skipped occurrences are logged, and are neither counted nor audited as runs",
  async (world) => {
    const { task } = recorder(world);
    const before = await world.start({ tasks: [task] });
    const { id } = await before.dispatch(task, undefined, {
      recurring: (r) => r.everyHour(),
      taskKey: "tick",
    });
    await world.until("01:30");
    await world.stop(before);
    await world.until("08:15");
    const everTask = await world.start({ tasks: [task] });
    const { series, lastExecutionAt, status } = (await everTask.get(id))!;
    assertEquals([series!.runCount, lastExecutionAt, status], [
      1,
      new Date("2026-03-10T01:00Z"),
      "WaitingQueue",
    ]);
    assertEquals((await everTask.runsAudit(id)).items.length, 1);
    assertEquals(world.log.length, 1);
    assertMatch(world.log[0]!, /skipped .*"count":7,"nextRunUtc":"2026-03-10T09:00:00.000Z"/);
  },
);

scenario(
  "a series whose runUntil passes during the downtime ends without a run",
  async (world) => {
    const { task, runs } = recorder(world);
    const before = await world.start({ tasks: [task] });
    const { id } = await before.dispatch(task, undefined, {
      recurring: (r) => r.everyHour().runUntil("2026-03-10T05:00:00Z").onMisfire("once"),
    });
    await world.stop(before);
    await world.until("08:15");
    const everTask = await world.start({ tasks: [task] });
    const { series, status, dueAt } = (await everTask.get(id))!;
    assertEquals([series!.nextRunAt, status, dueAt, runs.length], [null, "Completed", null, 0]);
  },
);

scenario(
  "a series that is always late on an overloaded worker still runs",
  async (world) => {
    const { task, runs } = recorder(world);
    const busy = defineTask<void>({
      type: "busy",
      async handle(_, { dispatch }) {
        await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 8_000));
        await dispatch(busy);
      },
    });
    const everTask = await world.start({
      tasks: [task, busy],
      queues: { default: { parallelism: 1 } },
    });
    for (let n = 0; n < 2; n++) await everTask.dispatch(busy);
    const { id } = await everTask.dispatch(task, undefined, {
      recurring: (r) => r.everySecond(),
      queue: "default",
    });
    await world.until("00:03");
    const { series } = (await everTask.get(id))!;
    assert(runs.length >= 10, `${runs.length} runs`);
    const skipped = world.scheduled().reduce((sum, [, count]) => sum + count, 0);
    const next = (series!.nextRunAt!.getTime() - Date.UTC(2026, 2, 10)) / 1_000;
    assertEquals(series!.runCount + skipped + 1, next, "each occurrence has run or is counted");
  },
);

scenario(
  "occurrences that fall due while the queue is paused count as missed",
  async (world) => {
    const { task, planned } = recorder(world);
    const everTask = await world.start({ tasks: [task] });
    await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
    await world.until("01:30");
    await everTask.queues.pause("recurring");
    await world.until("05:30");
    await everTask.queues.resume("recurring");
    await world.until("06:30");
    assertEquals(planned(), ["2026-03-10 01:00", "2026-03-10 06:00"]);
    assertEquals(world.scheduled().at(-2), ["2026-03-10 06:00", 4]);
  },
);

scenario("a run that takes longer than its interval never overlaps itself", async (world) => {
  let running = 0;
  let most = 0;
  const { task, runs } = recorder(world, async () => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 150 * 60_000));
    running--;
  });
  const everTask = await world.start({ tasks: [task] });
  await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
  // The run from 01:00 to 03:30 misses 02:00 and 03:00. The next one, to 06:30, also misses two.
  await world.until("08:00");
  assertEquals(most, 1);
  assertEquals(runs.map(({ scheduledAt }) => scheduledAt), [
    "2026-03-10 01:00",
    "2026-03-10 04:00",
    "2026-03-10 07:00",
  ]);
  assertEquals(world.scheduled(), [["2026-03-10 04:00", 2], ["2026-03-10 07:00", 2]]);
  await world.until("09:30");
});

scenario("an occurrence that became due during the run before it still runs", async (world) => {
  const { task, runs } = recorder(world, async ({ run }) => {
    if (run!.number > 1) return;
    await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 75 * 60_000));
  });
  const everTask = await world.start({ tasks: [task] });
  await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
  await world.until("03:00");
  assertEquals(runs.map(({ scheduledAt, at }) => [scheduledAt, at]), [
    ["2026-03-10 01:00", "2026-03-10 01:00"],
    ["2026-03-10 02:00", "2026-03-10 02:15"],
    ["2026-03-10 03:00", "2026-03-10 03:00"],
  ]);
});

scenario(
  "a run that was interrupted by a stop runs again, however late",
  async (world) => {
    const { task, runs } = recorder(world, ({ signal, run }) => {
      if (run!.number > 1 || runs.length > 1) return;
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    });
    const before = await world.start({ tasks: [task] });
    await before.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
    await world.until("01:30");
    await world.stop(before);
    await world.until("05:30");
    await world.start({ tasks: [task] });
    await world.until("06:00");
    assertEquals(
      runs.map(({ number, scheduledAt, at, attempt }) => [number, scheduledAt, at, attempt]),
      [
        [1, "2026-03-10 01:00", "2026-03-10 01:00", 1],
        [1, "2026-03-10 01:00", "2026-03-10 05:30", 1],
        [2, "2026-03-10 06:00", "2026-03-10 06:00", 1],
      ],
    );
  },
);

scenario("a run that defers itself beyond the next occurrence is not dropped", async (world) => {
  const { task, runs } = recorder(world, ({ run }) => {
    if (run!.number === 1 && runs.length === 1) throw new RetryLater({ hours: 3 });
  });
  const everTask = await world.start({ tasks: [task] });
  await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
  await world.until("05:00");
  assertEquals(runs.map(({ number, scheduledAt, at }) => [number, scheduledAt, at]), [
    [1, "2026-03-10 01:00", "2026-03-10 01:00"],
    [1, "2026-03-10 01:00", "2026-03-10 04:00"],
    [2, "2026-03-10 05:00", "2026-03-10 05:00"],
  ]);
});
