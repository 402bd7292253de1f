// Tests that a worker without due tasks sleeps until the next due instant, however far away it is.

import { assertEquals, assertLess } from "@std/assert";
import { createEverTask, defineTask, silentLogger } from "../../../mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { recorder, scenario } from "./world.ts";

scenario(
  "with nothing due, a worker does not query storage until the next due instant",
  async (world) => {
    const { task, runs } = recorder(world);
    const faults = new Faults();
    const storage = faults.wrap(world.connect());
    const everTask = await world.start({ tasks: [task], storage });
    await everTask.dispatch(task, undefined, { recurring: (r) => r.everyDay().atTime("20:00") });
    await world.pass(0);
    faults.calls.clear();
    await world.until("19:59:59");
    assertEquals([faults.total, runs.length], [0, 0]);
    await world.until("20:00");
    assertEquals([faults.calls.get("claim"), runs.length], [1, 1]);
    faults.calls.clear();
    await world.until("2026-03-11 19:59:59");
    assertEquals(faults.total, 0);
  },
);

scenario(
  "a worker sets one timer for any number of series, and keeps none of them in memory",
  async (world) => {
    const { task, runs } = recorder(world);
    const everTask = await world.start({ tasks: [task] });
    // The only timer is that of the heartbeat.
    assertEquals(world.clock.timerCount, 1);
    for (let minute = 0; minute < 60; minute++) {
      await everTask.dispatch(task, undefined, {
        recurring: (r) => r.everyHour().atMinute(minute),
      });
    }
    await world.pass(0);
    assertEquals(world.clock.timerCount, 2);
    await world.until("01:00:01");
    assertEquals([world.clock.timerCount, runs.length], [2, 60]);
  },
);

scenario("a worker sleeps through a delay of over 24.8 days, and wakes on time", async (world) => {
  const { task, planned } = recorder(world);
  const faults = new Faults();
  const storage = faults.wrap(world.connect());
  const everTask = await world.start({ tasks: [task], storage });
  await everTask.dispatch(task, undefined, {
    recurring: (r) => r.everyMonth().onDay(9).atTime("12:00"),
  });
  await world.pass(0);
  faults.calls.clear();
  await world.until("2026-04-09 11:59:59");
  assertEquals([faults.total, planned()], [0, []]);
  await world.until("2026-06-01 00:00");
  assertEquals(planned(), ["2026-04-09 12:00", "2026-05-09 12:00"]);
});

Deno.test("the real clock's timer for a run in 60 days does not fire at once", async () => {
  const faults = new Faults();
  const storage = faults.wrap(memoryStorage());
  let runs = 0;
  const task = defineTask({ type: "rare", handle: () => void runs++ });
  await using everTask = createEverTask({ storage, tasks: [task], logger: silentLogger });
  await everTask.start();
  const inSixtyDays = new Date(Date.now() + 60 * 86_400_000);
  await everTask.dispatch(task, undefined, {
    recurring: (r) => r.runAt(inSixtyDays).andThen().everyDay(),
  });
  const { id } = await everTask.dispatch(task, undefined, { delay: 200 });
  // The task with the short delay runs on time, although a longer timer was set first.
  const ran = new Promise<void>((resolve) => {
    everTask.events.subscribe((event) => {
      if (event.taskId === id) resolve();
    }, { kinds: ["completed"] });
  });
  await ran;
  assertEquals(runs, 1);
  assertLess(faults.calls.get("claim")!, 6);
});

scenario("next runs survive a restart", async (world) => {
  const { task, planned } = recorder(world);
  const before = await world.start({ tasks: [task] });
  await before.dispatch(task, undefined, { recurring: (r) => r.everyDay().atTime("09:00") });
  await before.dispatch(task, undefined, { recurring: (r) => r.every(5).hours() });
  await world.until("05:30");
  await world.stop(before);
  await world.until("08:30");
  await world.start({ tasks: [task] });
  await world.until("12:00");
  assertEquals(planned(), ["05:00", "09:00", "10:00"].map((time) => `2026-03-10 ${time}`));
});

scenario(
  "after the machine slept or its clock was set, a worker wakes at its next heartbeat",
  async (world) => {
    const { task, runs } = recorder(world);
    const everTask = await world.start({ tasks: [task], leaseDuration: { seconds: 15 } });
    await everTask.dispatch(task, undefined, { recurring: (r) => r.everyDay().atTime("20:00") });
    await world.pass(60_000);
    world.clock.setTime("2026-03-10T20:00:01Z");
    await world.pass(5_000);
    assertEquals(runs.map(({ scheduledAt }) => scheduledAt), ["2026-03-10 20:00"]);
  },
);

scenario("a clock that is set back makes no run happen twice or too soon", async (world) => {
  const { task, runs } = recorder(world);
  const everTask = await world.start({ tasks: [task], leaseDuration: { seconds: 15 } });
  await everTask.dispatch(task, undefined, { recurring: (r) => r.every(10).minutes() });
  await world.until("00:11");
  world.clock.setTime("2026-03-10T00:05:00Z");
  await world.until("00:20:30");
  assertEquals(runs.map(({ number, scheduledAt }) => [number, scheduledAt]), [
    [1, "2026-03-10 00:10"],
    [2, "2026-03-10 00:20"],
  ]);
  assertEquals(runs[1]!.at, "2026-03-10 00:20");
});
