// Tests a storage clock that was ahead and is set back. Runs that it planned must not wait until
// the clock reaches their instants.

import { assertEquals, assertMatch } from "@std/assert";
import { defineTask, linearRetry } from "../../../mod.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { gate, untilAborted } from "../../support/fleet.ts";
import { show } from "../support.ts";
import { recorder, scenario, type World } from "./world.ts";

const minute = 60_000;
const day = 86_400_000;
const leaseDuration = minute;

/** Sets the clock ahead for a minute. */
async function playAhead(
  world: World,
  aheadMs: number,
  meanwhile: () => void | Promise<unknown> = () => {},
): Promise<void> {
  world.clock.setTime(world.clock.now() + aheadMs);
  await meanwhile();
  await world.pass(minute);
  world.clock.setTime(world.clock.now() - aheadMs);
}

for (const aheadMs of [10_000, minute, day, 3_000 * day]) {
  scenario(
    `a worker continues its series after a clock was ahead by ${aheadMs} ms`,
    async (world) => {
      const { task, planned } = recorder(world);
      const everTask = await world.start({ tasks: [task], leaseDuration });
      const { id } = await everTask.dispatch(task, undefined, {
        recurring: (r) => r.every(5).seconds(),
      });
      await playAhead(world, aheadMs);
      await world.until("00:01:20"); // a heartbeat
      const before = planned().length;
      await world.until("00:01:39");
      const expected = ["00:01:25", "00:01:30", "00:01:35"].map((time) => `2026-03-10 ${time}`);
      assertEquals(planned().slice(before), expected);
      const { series } = (await everTask.get(id))!;
      assertEquals(show(series!.nextRunAt?.getTime() ?? null), "2026-03-10 00:01:40");
    },
  );
}

scenario("corrections are reported by log and by event", async (world) => {
  const { task } = recorder(world);
  const everTask = await world.start({ tasks: [task], leaseDuration });
  const { id } = await everTask.dispatch(task, undefined, {
    recurring: (r) => r.everyDay().atTime("09:00"),
    taskKey: "daily",
  });
  await playAhead(world, day);
  await world.until("00:01:20");
  const [set, brought, ...others] = world.log.filter((line) => line.includes("clock"));
  assertMatch(set!, /^The storage's clock was set back/);
  assertMatch(
    brought!,
    /planned for .* by a clock that was ahead.*"plannedUtc":"2026-03-11T09:00:00.000Z","nextRunUtc":"2026-03-10T09:00:00.000Z"/,
  );
  assertEquals(others, []);
  const { kind, taskId, nextRunUtc, recurring, message } = world.events.at(-1)!;
  assertEquals([kind, taskId, nextRunUtc, recurring], [
    "recurringScheduled",
    id,
    "2026-03-10T09:00:00.000Z",
    true,
  ]);
  assertMatch(message, /is brought back to 2026-03-10T09:00:00.000Z/);
});

scenario(
  "a worker that starts after the clock was set back corrects runs that others planned",
  async (world) => {
    const { task, runs } = recorder(world);
    const first = await world.start({ tasks: [task], leaseDuration });
    const register = (id: string) =>
      first.dispatch(task, undefined, { recurring: (r) => r.every(10).minutes(), taskKey: id });
    await register("before");
    await playAhead(world, day, async () => {
      await world.pass(11 * minute); // "before" runs
      await register("meanwhile");
      await world.stop(first);
    });
    runs.length = 0;

    const everTask = await world.start({ tasks: [task], leaseDuration });
    const nextRun = async (key: string) =>
      show((await everTask.getByTaskKey(key))!.series!.nextRunAt?.getTime() ?? null);
    assertEquals(await nextRun("before"), "2026-03-11 00:20", "a lease passes first");
    await world.until("00:13");
    assertEquals([await nextRun("before"), await nextRun("meanwhile")], [
      "2026-03-10 00:20",
      "2026-03-10 00:23",
    ]);
    await world.until("00:45");
    assertEquals(runs.map(({ scheduledAt }) => scheduledAt), [
      "2026-03-10 00:20",
      "2026-03-10 00:23",
      "2026-03-10 00:30",
      "2026-03-10 00:33",
      "2026-03-10 00:40",
      "2026-03-10 00:43",
    ]);
  },
);

scenario(
  "a series continues after a run during which the clock was set back",
  async (world) => {
    const end = gate();
    const { task, planned } = recorder(world, () => end.opened);
    const everTask = await world.start({ tasks: [task], leaseDuration });
    await everTask.dispatch(task, undefined, {
      recurring: (r) => r.everyHour().onMisfire("once"),
    });
    await playAhead(world, day);
    await world.until("00:30");
    end.open();
    await world.until("03:30");
    assertEquals(planned(), [
      "2026-03-11 00:00", // by the clock that was ahead
      "2026-03-10 01:00",
      "2026-03-10 02:00",
      "2026-03-10 03:00",
    ]);
  },
);

scenario("a run that waits for a retry waits no longer than planned", async (world) => {
  const { task, runs } = recorder(world, ({ attempt }) => {
    if (attempt === 1 && runs.length === 1) throw new Error("not yet");
  });
  const everTask = await world.start({ tasks: [task], leaseDuration });
  await everTask.dispatch(task, undefined, {
    recurring: (r) => r.everyHour().onMisfire("once"),
    retry: linearRetry(1, 10 * minute),
  });
  await playAhead(world, day);
  await world.until("02:30");
  assertEquals(runs.map(({ at, attempt }) => [at, attempt]), [
    ["2026-03-11 00:00:20", 1],
    ["2026-03-10 00:11:20", 2],
    ["2026-03-10 01:00", 1],
    ["2026-03-10 02:00", 1],
  ]);
});

scenario("a run that was interrupted while the clock was ahead continues", async (world) => {
  const { task, runs } = recorder(world, async ({ attempt, signal }) => {
    if (runs.length === 1 && attempt === 1) await untilAborted(signal);
  });
  const first = await world.start({ tasks: [task], leaseDuration });
  await first.dispatch(task, undefined, { recurring: (r) => r.everyHour().onMisfire("once") });
  await playAhead(world, day, async () => {
    await world.pass(minute);
    await world.stop(first);
  });
  await world.start({ tasks: [task], leaseDuration });
  await world.until("00:10");
  assertEquals(runs.map(({ at }) => at < "2026-03-10 00:10"), [false, true]);
});

scenario("an extra run of a series that waits too long corrects it, too", async (world) => {
  const { task } = recorder(world);
  const first = await world.start({ tasks: [task], leaseDuration });
  const { id } = await first.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
  await playAhead(world, day, () => world.stop(first));
  const everTask = await world.start({ tasks: [task], leaseDuration: { days: 300 } });
  await everTask.recurring.runNow(id);
  await world.pass(0);
  const { series } = (await everTask.get(id))!;
  assertEquals([series!.runCount, show(series!.nextRunAt?.getTime() ?? null)], [
    1,
    "2026-03-10 01:00",
  ]);
});

scenario(
  "delayed tasks and series that begin later keep their due instants",
  async (world) => {
    const { task } = recorder(world);
    const once = defineTask({ type: "once", handle() {} });
    const everTask = await world.start({ tasks: [once, task], leaseDuration });
    await everTask.dispatch(once, undefined, { delay: 3 * day });
    await everTask.dispatch(once, undefined, { at: new Date("2027-01-01T00:00:00Z") });
    for (const start of ["2026-06-01T00:00:00Z", "2027-01-01T00:00:00Z"]) {
      await everTask.dispatch(task, undefined, {
        recurring: (r) => r.runAt(new Date(start)).andThen().everySecond(),
      });
    }
    await everTask.dispatch(task, undefined, {
      recurring: (r) => r.runDelayed({ days: 7 }).andThen().everySecond(),
    });
    const before = (await everTask.list()).items;
    await playAhead(world, day);
    await world.until("00:10");
    assertEquals((await everTask.list()).items, before);
  },
);

scenario(
  "series are read once after a start, and a few times after the clock is set back",
  async (world) => {
    const { task } = recorder(world);
    const faults = new Faults();
    const storage = faults.wrap(world.connect());
    await world.start({ tasks: [task], storage, leaseDuration });
    const lists = async (ms: number) => {
      faults.calls.clear();
      await world.pass(ms);
      return faults.calls.get("list") ?? 0;
    };
    const later = 10 * minute;
    assertEquals([await lists(minute - 1), await lists(minute), await lists(later)], [0, 1, 0]);
    world.clock.setTime(world.clock.now() + day);
    assertEquals(await lists(later), 0);
    world.clock.setTime(world.clock.now() - day);
    assertEquals([await lists(minute), await lists(later)], [3, 0]);
  },
);

scenario("if listing the series fails, it is repeated after one lease duration", async (world) => {
  const { task, planned } = recorder(world);
  const faults = new Faults();
  const storage = faults.wrap(world.connect());
  const everTask = await world.start({ tasks: [task], storage, leaseDuration });
  await everTask.dispatch(task, undefined, { recurring: (r) => r.every(5).seconds() });
  await playAhead(world, day);
  let failures = 0;
  faults.rule = (verb) => verb === "list" && ++failures <= 4 ? { at: "before" } : null;
  await world.until("00:06");
  assertEquals(failures > 4, true);
  assertEquals(planned().at(-1), "2026-03-10 00:06");
});
