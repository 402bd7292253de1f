// Tests reports of tasks in progress that storage does not answer. The worker gives them up when
// its lease ends, whether or not storage has stored them. The audit trail must be complete, and its
// times in order.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { defineTask } from "../../../mod.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet, gate } from "../../support/fleet.ts";

for (const at of ["before", "after"] as const) {
  Deno.test(`the end of an attempt is not stored without its start if the report of the start was given up ${at} storage stored it`, async () => {
    await using fleet = new Fleet();
    const faults = new Faults();
    const work = gate();
    const task = defineTask<null>({ type: "long", handle: () => work.opened });
    const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap, leaseDuration: 3_000 });
    const { id } = await everTask.dispatch(task, null);
    let writes = 0;
    faults.rule = (verb) => {
      if (verb === "setStatusMany") writes++;
      if (writes === 0) return null;
      return { at: writes === 1 ? at : "before" };
    };
    await fleet.passUntil(() => writes > 0, 10); // the report that the task is in progress
    work.open();
    await fleet.passUntil(() => everTask.workerId === null);
    // Only reports succeed at first, so that they are written before a worker takes over the task.
    faults.rule = (verb) => verb === "setStatusMany" ? null : { at: "before" };
    await fleet.pass(5_000, 100);
    faults.rule = () => null;
    await fleet.pass(10_000, 100);

    assertEquals((await everTask.get(id))!.status, "Completed");
    const trail = await fleet.trail(id);
    assertMatch(trail.join(), /^Queued,(.*,Queued,)?InProgress,Completed$/);
  });
}

Deno.test("a report that was stored is not written again while storage can neither confirm nor deny it", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const work = gate();
  const task = defineTask<null>({ type: "long", handle: () => work.opened });
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  const { id } = await everTask.dispatch(task, null);
  faults.rule = (verb) =>
    verb === "setStatusMany" ? { at: "after" } : verb === "list" ? { at: "before" } : null;
  await fleet.pass(8_000, 100);
  faults.rule = () => null;
  work.open();
  await fleet.pass(5_000, 100);
  assertEquals(await fleet.trail(id), ["Queued", "InProgress", "Completed"]);
});

Deno.test("an attempt does not end before its start if the report of the start was stored late and its answer lost", async () => {
  await using fleet = new Fleet();
  const [work, network] = [gate(), gate()];
  const faults = new Faults();
  const writes = () => faults.calls.get("setStatusMany") ?? 0;
  faults.rule = (verb) =>
    verb === "setStatusMany" && writes() === 1
      ? { heldUntil: network.opened, losesAnswer: true }
      : null;
  const task = defineTask<null>({ type: "long", handle: () => work.opened });
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  const { id } = await everTask.dispatch(task, null);
  await fleet.passUntil(() => writes() > 0);
  work.open();
  await fleet.pass(3_000, 100);
  network.open();
  await fleet.pass(5_000, 100);

  const { items } = await (await fleet.storage()).statusAudit(id);
  assertEquals(items.map(({ newStatus }) => newStatus), ["Queued", "InProgress", "Completed"]);
  const [, started, ended] = items.map(({ updatedAt }) => updatedAt);
  assert(ended! >= started!, `it started at ${started} and ended at ${ended}`);
});
