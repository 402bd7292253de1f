// Tests that the writes of a worker overlap where storage is far, but never two of the same task.

import { assert, assertEquals } from "@std/assert";
import { defineTask } from "../../../mod.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet } from "../../support/fleet.ts";

Deno.test("writes to a far storage overlap, and the changes of each task stay in order", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const underWay: ReadonlySet<string>[] = [];
  let [most, shared] = [0, 0];
  faults.rule = (verb, [changes]) => {
    if (verb !== "setStatusMany") return null;
    const ids = new Set((changes as { taskId: string }[]).map(({ taskId }) => taskId));
    for (const other of underWay) {
      for (const id of ids) if (other.has(id)) shared++;
    }
    underWay.push(ids);
    most = Math.max(most, underWay.length);
    const { promise, resolve } = Promise.withResolvers<void>();
    fleet.clock.setTimer(() => {
      underWay.splice(underWay.indexOf(ids), 1);
      resolve();
    }, 30);
    return { heldUntil: promise };
  };
  // After 100 ms, a handler's start is reported. Many handlers end while that is being written.
  const task = defineTask<number>({
    type: "task",
    handle: (n) => new Promise<void>((resolve) => fleet.clock.setTimer(resolve, n % 160)),
  });
  const everTask = await fleet.start({
    tasks: [task],
    wrap: faults.wrap,
    queues: { default: { parallelism: 50 } },
  });
  const stored = await everTask.dispatchMany(task, Array.from({ length: 400 }, (_, n) => n));
  await fleet.pass(5_000, 5);
  assert(most > 2, `${most} at once`);
  assertEquals(shared, 0);
  for (const { id } of stored) {
    assertEquals(await fleet.trail(id), ["Queued", "InProgress", "Completed"]);
  }
});
