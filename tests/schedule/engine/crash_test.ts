// Tests processes that crash between the end of a handler and the write of the next run.

import { assertEquals } from "@std/assert";
import type { MisfirePolicy } from "../../../mod.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { recorder, scenario, type World } from "./world.ts";

/** Makes an engine whose process can crash. After the crash, its calls do not reach the store. */
function mortal(world: World, options: Parameters<World["start"]>[0]) {
  const faults = new Faults();
  return {
    everTask: world.engine({ ...options, storage: faults.wrap(world.connect()) }),
    /** Makes the process crash before it writes the end of the next run. */
    dieAtNextEnd() {
      let isDead = false;
      faults.rule = (verb) => {
        isDead ||= verb === "updateCurrentRunMany";
        return isDead ? { at: "before" } : null;
      };
    },
  };
}

const leaseDuration = { seconds: 15 };

scenario(
  "a crash between the handler's end and the write runs the occurrence once more",
  async (world) => {
    const first = recorder(world);
    const second = recorder(world);
    const { everTask, dieAtNextEnd } = mortal(world, { tasks: [first.task], leaseDuration });
    await everTask.start();
    const { id } = await everTask.dispatch(first.task, undefined, {
      recurring: (r) => r.everyMinute().maxRuns(3),
    });
    await world.until("00:01:30");
    dieAtNextEnd();
    await world.until("00:02:05");
    const other = await world.start({ tasks: [second.task], leaseDuration });
    await world.until("00:04:30");
    assertEquals(first.runs.map(({ number, scheduledAt }) => [number, scheduledAt]), [
      [1, "2026-03-10 00:01"],
      [2, "2026-03-10 00:02"],
    ]);
    assertEquals(
      second.runs.map(({ number, scheduledAt, attempt }) => [number, scheduledAt, attempt]),
      [
        [2, "2026-03-10 00:02", 2],
        [3, "2026-03-10 00:03", 1],
      ],
    );
    const { series, lostCount } = (await other.get(id))!;
    assertEquals([series!.runCount, series!.nextRunAt, lostCount], [3, null, 0]);
    assertEquals((await other.runsAudit(id)).items.length, 3);
  },
  { shared: true },
);

const catchUps: [misfire: MisfirePolicy, before: string[], after: string[]][] = [
  // The catch-up run is that of the latest missed occurrence. It is repeated after the crash. Then
  // comes the next run.
  ["once", ["00:05"], ["00:05", "00:06"]],
  // The catch-up runs are those of the two latest missed occurrences. The first is repeated after
  // the crash.
  [{ all: 2 }, ["00:04"], ["00:04", "00:05", "00:06"]],
];
for (const [misfire, before, after] of catchUps) {
  scenario(
    `a crash in a catch-up run adds no catch-up run with the policy ${JSON.stringify(misfire)}`,
    async (world) => {
      const first = recorder(world);
      const second = recorder(world);
      const registrar = world.engine({ tasks: [first.task] });
      await registrar.dispatch(first.task, undefined, {
        recurring: (r) => r.everyMinute().onMisfire(misfire),
      });
      await world.stop(registrar);
      await world.until("00:05:10");
      const { everTask, dieAtNextEnd } = mortal(world, {
        tasks: [first.task],
        leaseDuration,
      });
      dieAtNextEnd();
      await everTask.start();
      await world.pass(0);
      await world.start({ tasks: [second.task], leaseDuration });
      await world.until("00:06:30");
      const day = (times: string[]) => times.map((time) => `2026-03-10 ${time}`);
      assertEquals(first.planned(), day(before));
      assertEquals(second.planned(), day(after));
    },
    { shared: true },
  );
}

scenario(
  "a run whose end was written does not run again if the response is lost",
  async (world) => {
    const { task, planned } = recorder(world);
    const faults = new Faults();
    const storage = faults.wrap(world.connect());
    const everTask = await world.start({ tasks: [task], storage });
    const { id } = await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
    await world.until("00:30");
    let isLost = false;
    faults.rule = (verb) => {
      if (isLost || verb !== "updateCurrentRunMany") return null;
      isLost = true;
      return { at: "after" };
    };
    await world.until("03:30");
    assertEquals(planned(), ["01:00", "02:00", "03:00"].map((time) => `2026-03-10 ${time}`));
    assertEquals((await everTask.get(id))!.series!.runCount, 3);
    assertEquals(world.events.filter(({ kind }) => kind === "leaseLost"), []);
  },
);
