// A worker that cannot reach storage for the length of its lease gives up what it has not yet written. What it wrote before, and
// what it writes after, must still make one whole audit trail.

import { assertEquals, assertMatch } from "@std/assert";
import { defineTask } from "../../mod.ts";
import { Faults } from "../support/faulty_storage.ts";
import { Fleet, gate } from "../support/fleet.ts";

for (const at of ["before", "after"] as const) {
  Deno.test(`a report that was given up, ${at} it was carried out, is not followed by the end of its attempt alone`, async () => {
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
    while (writes === 0) await fleet.pass(10); // the report that it is in progress
    work.open();
    while (everTask.workerId !== null) await fleet.pass(100);
    // The network is back for these writes first; nobody has taken the task by then.
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
    verb === "setStatusMany" ? { at: "after" } : verb === "get" ? { at: "before" } : null;
  await fleet.pass(8_000, 100);
  faults.rule = () => null;
  work.open();
  await fleet.pass(5_000, 100);
  assertEquals(await fleet.trail(id), ["Queued", "InProgress", "Completed"]);
});
