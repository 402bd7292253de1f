// Tests registering series repeatedly, as programs do at every start, and cancelling them.

import { assertEquals } from "@std/assert";
import type { EverTask, RecurringInput, Task } from "../../../mod.ts";
import { recorder, scenario } from "./world.ts";

const taskKey = "report";

function register(everTask: EverTask, task: Task<void, void>, recurring: RecurringInput) {
  return everTask.dispatch(task, undefined, { recurring, taskKey });
}

scenario(
  "a series that many processes register at once is one row, run by one of them at a time",
  async (world) => {
    const recorders = Array.from({ length: 8 }, () => recorder(world));
    const engines = await Promise.all(recorders.map(({ task }) => world.start({ tasks: [task] })));
    const results = await Promise.all(
      engines.map((each, index) => {
        return register(each, recorders[index]!.task, (r) => r.every(10).seconds());
      }),
    );
    assertEquals(new Set(results.map(({ id }) => id)).size, 1);
    assertEquals(results.map(({ outcome }) => outcome).sort(), [
      "created",
      ...Array(7).fill("updated"),
    ]);
    assertEquals((await engines[0]!.list()).items.length, 1);
    await world.pass(65_000);
    const numbers = recorders.flatMap(({ runs }) => runs.map(({ number }) => number));
    assertEquals(numbers.sort(), [1, 2, 3, 4, 5, 6]);
  },
  { shared: true },
);

scenario(
  "registering the same schedule again keeps the next run, the anchor and the run count",
  async (world) => {
    const { task, planned } = recorder(world);
    let everTask = await world.start({ tasks: [task] });
    const recurring: RecurringInput = (r) => r.runNow().andThen().every(7).hours();
    const { id } = await register(everTask, task, recurring);
    await world.until("10:00");
    await world.stop(everTask);
    await world.until("11:00");
    everTask = await world.start({ tasks: [task] });
    assertEquals(await register(everTask, task, recurring), { id, outcome: "updated" });
    await world.until("22:00");
    assertEquals(planned(), [
      "2026-03-10 00:00",
      "2026-03-10 07:00",
      "2026-03-10 14:00",
      "2026-03-10 21:00",
    ]);
    assertEquals((await everTask.get(id))!.series!.runCount, 4);
  },
);

scenario("a changed schedule takes effect at once and keeps the run count", async (world) => {
  const { task, planned } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  const { id } = await register(everTask, task, (r) => r.everyHour());
  await world.until("02:10");
  assertEquals((await register(everTask, task, (r) => r.every(20).minutes())).outcome, "updated");
  await world.until("03:00");
  assertEquals(planned(), [
    "2026-03-10 01:00",
    "2026-03-10 02:00",
    "2026-03-10 02:30",
    "2026-03-10 02:50",
  ]);
  const { series } = (await everTask.get(id))!;
  assertEquals([series!.runCount, series!.info], [4, "every 20 minutes"]);
});

scenario("a changed limit does not change the planned runs", async (world) => {
  const { task, planned } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  const { id } = await register(everTask, task, (r) => r.everyHour());
  await world.until("02:10");
  await register(everTask, task, (r) => r.everyHour().maxRuns(4));
  await world.until("03:10");
  assertEquals((await everTask.get(id))!.series!.info, "every hour, at most 4 runs");
  await world.until("08:00");
  assertEquals(planned(), ["01:00", "02:00", "03:00", "04:00"].map((at) => `2026-03-10 ${at}`));
});

scenario(
  "lowering maxRuns below the run count, or runUntil to before the next run, ends the series",
  async (world) => {
    const { task, runs } = recorder(world);
    const everTask = await world.start({ tasks: [task] });
    const { id } = await register(everTask, task, (r) => r.everyHour());
    await world.until("03:10");
    await register(everTask, task, (r) => r.everyHour().maxRuns(2));
    await world.until("08:00");
    assertEquals([runs.length, (await everTask.get(id))!.series!.nextRunAt], [3, null]);

    const daily = await everTask.dispatch(task, undefined, {
      recurring: (r) => r.runAt("2026-03-10T22:00:00Z").andThen().everyHour(),
      taskKey: "late",
    });
    await everTask.dispatch(task, undefined, {
      recurring: { kind: "cron", expression: "0 9 * * *", runUntil: Date.UTC(2026, 2, 10, 9, 30) },
      taskKey: "late",
    });
    await world.until("23:00");
    const { series } = (await everTask.get(daily.id))!;
    assertEquals([runs.length, series!.nextRunAt, series!.runCount], [4, null, 1]);
  },
);

scenario(
  "a changed misfire policy restarts the schedule and keeps the run count",
  async (world) => {
    const { task, planned } = recorder(world);
    const everTask = await world.start({ tasks: [task] });
    const { id } = await register(everTask, task, (r) => r.everyHour());
    await world.until("01:10");
    await register(everTask, task, (r) => r.everyHour().onMisfire("once"));
    await world.until("03:00");
    assertEquals(planned(), ["01:00", "02:10"].map((at) => `2026-03-10 ${at}`));
    assertEquals((await everTask.get(id))!.series!.runCount, 2);
  },
);

scenario("registering a series while a run is in progress changes nothing", async (world) => {
  const { task } = recorder(world, () => {
    return new Promise<void>((resolve) => void world.clock.setTimer(resolve, 60_000));
  });
  const everTask = await world.start({ tasks: [task] });
  const { id } = await register(everTask, task, (r) => r.everyHour());
  await world.until("01:00");
  const again = await register(everTask, task, (r) => r.everyMinute());
  assertEquals(again, { id, outcome: "existing" });
  await world.until("01:30");
  assertEquals((await everTask.get(id))!.series!.info, "every hour");
});

scenario(
  "cancelling a waiting series ends it, and registering it again restarts it",
  async (world) => {
    const { task, planned } = recorder(world);
    const everTask = await world.start({ tasks: [task] });
    const { id } = await register(everTask, task, (r) => r.everyHour());
    await world.until("01:30");
    assertEquals(await everTask.cancel(id), "cancelled");
    await world.until("04:30");
    const cancelled = (await everTask.get(id))!;
    assertEquals([cancelled.status, cancelled.dueAt, cancelled.series!.nextRunAt], [
      "Cancelled",
      null,
      null,
    ]);
    assertEquals(await everTask.runNow(id), false);
    assertEquals(await register(everTask, task, (r) => r.everyHour()), { id, outcome: "updated" });
    await world.until("06:00");
    assertEquals(planned(), ["2026-03-10 01:00", "2026-03-10 05:30"]);
    assertEquals((await everTask.get(id))!.series!.runCount, 1);
  },
);

for (const obeys of [true, false]) {
  const how = obeys ? "a handler that stops" : "a handler that completes anyway";
  scenario(`cancelling a running series ends it, with ${how}`, async (world) => {
    const { task, runs } = recorder(world, ({ signal }) => {
      return new Promise<void>((resolve, reject) => {
        world.clock.setTimer(resolve, 2_000);
        if (obeys) signal.addEventListener("abort", () => reject(signal.reason));
      });
    });
    const everTask = await world.start({ tasks: [task] });
    const { id } = await register(everTask, task, (r) => r.everyHour());
    await world.until("01:00");
    assertEquals(await everTask.cancel(id), "requested");
    await world.until("04:30");
    const { status, series } = (await everTask.get(id))!;
    assertEquals([status, series!.nextRunAt, series!.runCount, runs.length], [
      obeys ? "Cancelled" : "Completed",
      null,
      1,
      1,
    ]);
  });
}

scenario(
  "the list shows each series with its description, next run, last run and run count",
  async (world) => {
    const { task } = recorder(world);
    const everTask = await world.start({ tasks: [task] });
    await register(everTask, task, (r) => r.everyHour().maxRuns(10));
    const ended = await everTask.dispatch(task, undefined, {
      recurring: (r) =>
        r.runNow().andThen().everyDay().atTime("09:00").inTimeZone("Europe/Rome")
          .maxRuns(1),
    });
    const fresh = await everTask.dispatch(task, undefined, { recurring: "0 12 * * SUN" });
    await everTask.dispatch(task, undefined, { delay: { hours: 50 } });
    await world.until("02:30");
    const { items, next } = await everTask.recurring.list();
    assertEquals(next, null);
    assertEquals(
      items.map(({ info, nextRun, lastRun, runCount, maxRuns, taskKey, status }) => [
        info,
        nextRun?.toISOString(),
        lastRun?.toISOString(),
        runCount,
        maxRuns,
        taskKey,
        status,
      ]),
      [
        [
          'cron "0 12 * * SUN" UTC',
          "2026-03-15T12:00:00.000Z",
          undefined,
          0,
          null,
          null,
          "WaitingQueue",
        ],
        [
          "now, then every day at 09:00 Europe/Rome, at most 1 run",
          undefined,
          "2026-03-10T00:00:00.000Z",
          1,
          1,
          null,
          "Completed",
        ],
        [
          "every hour, at most 10 runs",
          "2026-03-10T03:00:00.000Z",
          "2026-03-10T02:00:00.000Z",
          2,
          10,
          taskKey,
          "Completed",
        ],
      ],
    );
    assertEquals(items.slice(0, 2).map(({ id }) => id), [fresh.id, ended.id]);
    const page = await everTask.recurring.list({ limit: 2 });
    const rest = await everTask.recurring.list({ after: page.next! });
    assertEquals([page.items.length, rest.items.length, rest.next], [2, 1, null]);
  },
);
