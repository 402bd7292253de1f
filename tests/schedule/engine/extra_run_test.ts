// Tests runNow(id), which requests an extra run besides the planned ones.

import { assertEquals } from "@std/assert";
import { linearRetry } from "../../../mod.ts";
import { recorder, scenario } from "./world.ts";

scenario("runNow(id) adds a run, and the planned run stays", async (world) => {
  const { task, runs } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
  await world.until("01:20");
  assertEquals(await everTask.runNow(id), true);
  await world.until("03:00");
  assertEquals(runs.map(({ number, scheduledAt, at }) => [number, scheduledAt, at]), [
    [1, "2026-03-10 01:00", "2026-03-10 01:00"],
    [2, "2026-03-10 01:20", "2026-03-10 01:20"],
    [3, "2026-03-10 02:00", "2026-03-10 02:00"],
    [4, "2026-03-10 03:00", "2026-03-10 03:00"],
  ]);
  assertEquals(world.scheduled().map(([next]) => next), [
    "2026-03-10 02:00",
    "2026-03-10 02:00",
    "2026-03-10 03:00",
    "2026-03-10 04:00",
  ]);
});

scenario("an extra run counts for maxRuns", async (world) => {
  const { task, runs } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, undefined, {
    recurring: (r) => r.everyHour().maxRuns(2),
  });
  await world.until("01:20");
  await everTask.runNow(id);
  await world.until("05:00");
  assertEquals(runs.length, 2);
  assertEquals((await everTask.get(id))!.series!.nextRunAt, null);
  assertEquals(await everTask.runNow(id), false);
});

scenario("an extra run of a series that has not yet begun keeps its first run", async (world) => {
  const { task, planned } = recorder(world);
  const everTask = await world.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, undefined, {
    recurring: (r) => r.runAt("2026-03-10T05:00:00Z").andThen().every(2).hours(),
  });
  await world.until("01:20");
  await everTask.runNow(id);
  await world.until("08:00");
  assertEquals(planned(), ["01:20", "05:00", "07:00"].map((time) => `2026-03-10 ${time}`));
});

scenario(
  "an extra run that fails or lasts beyond the planned one does not replace it",
  async (world) => {
    const { task, runs } = recorder(world, async ({ run, attempt }) => {
      if (run!.number === 2 && attempt === 1) throw new Error("not yet");
      if (run!.number !== 2) return;
      await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 30 * 60_000));
    });
    const everTask = await world.start({ tasks: [task], retry: linearRetry(1, { minutes: 10 }) });
    const { id } = await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
    await world.until("01:40");
    await everTask.runNow(id);
    await world.until("03:00");
    assertEquals(runs.map(({ number, at, attempt }) => [number, at, attempt]), [
      [1, "2026-03-10 01:00", 1],
      [2, "2026-03-10 01:40", 1],
      [2, "2026-03-10 01:50", 2],
      [3, "2026-03-10 02:20", 1],
      [4, "2026-03-10 03:00", 1],
    ]);
  },
);

scenario(
  "without a worker, an extra run and the planned one both wait",
  async (world) => {
    const { task, runs } = recorder(world);
    const before = world.engine({ tasks: [task] });
    const { id } = await before.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
    await world.until("00:40");
    await before.runNow(id);
    await world.stop(before);
    await world.until("01:10");
    await world.start({ tasks: [task] });
    await world.until("02:00");
    assertEquals(runs.map(({ number, scheduledAt, at }) => [number, scheduledAt, at]), [
      [1, "2026-03-10 00:40", "2026-03-10 01:10"],
      [2, "2026-03-10 01:00", "2026-03-10 01:10"],
      [3, "2026-03-10 02:00", "2026-03-10 02:00"],
    ]);
  },
);
