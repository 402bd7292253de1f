// Tests when series begin and when they end.

import { assertEquals, assertRejects } from "@std/assert";
import { InvalidArgumentError } from "../../../mod.ts";
import { recorder, scenario } from "./world.ts";

scenario("a series runs on its grid, numbering its runs", async (world) => {
  const { task, runs } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  const { id, outcome } = await everTask.dispatch(task, undefined, {
    recurring: (r) => r.everyHour().atMinute(30),
  });
  assertEquals(outcome, "created");
  await world.until("03:00");
  assertEquals(
    runs.map(({ number, scheduledAt, at }) => [number, scheduledAt, at]),
    ["00:30", "01:30", "02:30"].map((time, index) => {
      return [index + 1, `2026-03-10 ${time}`, `2026-03-10 ${time}`];
    }),
  );
  const { series, status, dueAt } = (await everTask.get(id))!;
  assertEquals([status, series!.runCount], ["Completed", 3]);
  assertEquals([dueAt, series!.nextRunAt], Array(2).fill(new Date("2026-03-10T03:30Z")));
});

scenario("a cron expression and plain data are series as well", async (world) => {
  const { task, planned } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  await everTask.dispatch(task, undefined, { recurring: "0 6 * * *" });
  await everTask.dispatch(task, undefined, {
    recurring: { kind: "interval", every: 9, unit: "hours" },
  });
  await world.until("2026-03-11 00:00");
  assertEquals(planned(), ["2026-03-10 06:00", "2026-03-10 09:00", "2026-03-10 18:00"]);
});

scenario("maxRuns ends the series after that many runs, and its row stays", async (world) => {
  const { task, runs } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, undefined, {
    recurring: (r) => r.everyHour().maxRuns(3),
  });
  await world.pass(10 * 3_600_000);
  assertEquals(runs.map(({ number }) => number), [1, 2, 3]);
  const { series, status, dueAt } = (await everTask.get(id))!;
  assertEquals([status, dueAt, series!.nextRunAt, series!.runCount], ["Completed", null, null, 3]);
  assertEquals(world.scheduled().length, 2);
});

scenario("a failed run counts for maxRuns, a retry does not", async (world) => {
  const { task, runs } = recorder(world, ({ run }) => {
    if (run!.number === 1) throw new Error("no luck");
  });
  const everTask = await world.start({ tasks: [task] });
  await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour().maxRuns(2) });
  await world.pass(10 * 3_600_000);
  assertEquals(runs.map(({ number, attempt }) => [number, attempt]), [
    [1, 1],
    [1, 2],
    [1, 3],
    [1, 4],
    [2, 1],
  ]);
});

scenario("runUntil is exclusive", async (world) => {
  const { task, planned } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, undefined, {
    recurring: (r) => r.everyHour().runUntil("2026-03-10T03:00:00Z"),
  });
  await world.until("12:00");
  assertEquals(planned(), ["2026-03-10 01:00", "2026-03-10 02:00"]);
  assertEquals((await everTask.get(id))!.series!.nextRunAt, null);
});

scenario("a series that would never run is refused, and nothing is stored", async (world) => {
  const { task } = recorder(world);
  const everTask = world.engine({ tasks: [task] });
  const recurring = { kind: "interval", every: 1, unit: "hours", runUntil: world.clock.now() };
  await assertRejects(
    () => everTask.dispatch(task, undefined, { recurring: recurring as never, taskKey: "over" }),
    InvalidArgumentError,
    "until 2026-03-10T00:00:00Z",
  );
  assertEquals((await everTask.list()).items, []);
});

scenario("a program may keep registering a series whose runUntil has passed", async (world) => {
  const { task, runs } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  const register = () =>
    everTask.dispatch(task, undefined, {
      recurring: (r) => r.everyHour().runUntil("2026-03-10T02:00:00Z"),
      taskKey: "short",
    });
  const { id } = await register();
  await world.until("05:00");
  assertEquals(await register(), { id, outcome: "existing" });
  const another = await everTask.dispatch(task, undefined, {
    recurring: (r) => r.everyHour().runUntil("2026-03-10T03:00:00Z"),
    taskKey: "short",
  });
  assertEquals(
    another,
    { id, outcome: "existing" },
    "a new runUntil in the past restarts no series",
  );
  await world.until("08:00");
  assertEquals(runs.length, 1);
  assertEquals((await everTask.list()).items.length, 1);
});

scenario(
  "a series whose runUntil has passed can be registered again while its last run is due",
  async (world) => {
    const { task, runs } = recorder(world);
    const web = world.engine({ tasks: [task] });
    const register = () =>
      web.dispatch(task, undefined, {
        recurring: (r) => r.everyHour().runUntil("2026-03-10T01:30:00Z"),
        taskKey: "last",
      });
    const { id } = await register();
    await world.until("01:40");
    assertEquals(await register(), { id, outcome: "existing" });
    await world.stop(web);
    await world.start({ tasks: [task] });
    assertEquals(runs.map(({ scheduledAt }) => scheduledAt), ["2026-03-10 01:00"]);
  },
);

scenario("registering a live series with a runUntil in the past is rejected", async (world) => {
  const { task } = recorder(world);
  const everTask = world.engine({ tasks: [task] });
  const taskKey = "alive";
  await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour(), taskKey });
  await assertRejects(
    () =>
      everTask.dispatch(task, undefined, {
        recurring: (r) => r.everyHour().runUntil("2026-01-01T00:00:00Z"),
        taskKey,
      }),
    InvalidArgumentError,
  );
});

scenario("runNow runs at once, and that run counts", async (world) => {
  const { task, runs } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  await world.until("00:10");
  await everTask.dispatch(task, undefined, {
    recurring: (r) => r.runNow().andThen().everyHour().maxRuns(3),
  });
  await world.until("12:00");
  assertEquals(runs.map(({ number, at }) => [number, at]), [
    [1, "2026-03-10 00:10"],
    [2, "2026-03-10 01:10"],
    [3, "2026-03-10 02:10"],
  ]);
});

scenario("runNow from a process without a worker runs when a worker starts", async (world) => {
  const { task, runs } = recorder(world);
  const web = world.engine({ tasks: [task] });
  await web.dispatch(task, undefined, {
    recurring: (r) => r.runNow().andThen().everyDay().atTime("06:00"),
  });
  await world.stop(web);
  await world.pass(1_000);
  await world.start({ tasks: [task] });
  await world.until("12:00");
  assertEquals(runs.map(({ number, at }) => [number, at]), [
    [1, "2026-03-10 00:00:01"],
    [2, "2026-03-10 06:00"],
  ]);
});

scenario(
  "runDelayed runs after the delay, and intervals are counted from that run",
  async (world) => {
    const { task, planned } = recorder(world);
    const everTask = await world.start({ tasks: [task] });
    await everTask.dispatch(task, undefined, {
      recurring: (r) => r.runDelayed({ seconds: 90 }).andThen().everyHour(),
    });
    await world.until("02:30");
    assertEquals(
      planned(),
      ["2026-03-10 00:01:30", "2026-03-10 01:01:30", "2026-03-10 02:01:30"],
    );
  },
);

scenario(
  "runAt sets the first run, or only the anchor of the grid if it is in the past",
  async (world) => {
    const { task, planned } = recorder(world);
    const everTask = await world.start({ tasks: [task] });
    for (const instant of ["2026-03-10T05:07:00Z", "2026-03-01T00:11:00Z"]) {
      await everTask.dispatch(task, undefined, {
        recurring: (r) => r.runAt(instant).andThen().every(4).hours(),
      });
    }
    await world.until("10:00");
    assertEquals(planned().sort(), [
      "2026-03-10 00:11",
      "2026-03-10 04:11",
      "2026-03-10 05:07",
      "2026-03-10 08:11",
      "2026-03-10 09:07",
    ]);
  },
);
