// A handler that blocks the event loop for longer than the lease: the worker notices, says whose fault it may be, and goes on.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { defineTask } from "../../mod.ts";
import { Fleet } from "../support/fleet.ts";
import { FakeClock } from "../../src/testing/mod.ts";

/** Lets a fake clock go on without any timer firing, as it does while a handler computes. */
class BlockableClock extends FakeClock {
  #blockedMs = 0;

  block(ms: number): void {
    this.#blockedMs += ms;
  }

  override now(): number {
    return super.now() + this.#blockedMs;
  }

  override monotonic(): number {
    return super.monotonic() + this.#blockedMs;
  }
}

Deno.test("an event loop that was blocked for longer than the lease is told of, with the types that may have done it", async () => {
  const clock = new BlockableClock();
  await using fleet = new Fleet(clock);
  const crunch = defineTask<number>({ type: "crunch", handle: (ms) => clock.block(ms) });
  const everTask = await fleet.start({ tasks: [crunch], leaseDuration: { seconds: 15 } });
  await everTask.dispatch(crunch, 8_000);
  await fleet.pass(20_000, 1_000);
  assertEquals(fleet.kinds().filter((kind) => kind === "workerStarved"), []);

  await everTask.dispatch(crunch, 40_000);
  await fleet.pass(20_000, 1_000);
  const [starved] = fleet.events.filter((event) => event.kind === "workerStarved");
  assert(starved !== undefined);
  assertEquals([starved.severity, starved.taskType], ["Warning", "crunch"]);
  assert(starved.durationMs! > 30_000);
  assertStringIncludes(starved.message, "crunch");
  assertStringIncludes(starved.message, "worker thread");
  assert(fleet.log.some((line) => line.startsWith("error: The event loop was blocked")));

  const { id } = await everTask.dispatch(crunch, 0);
  await fleet.pass(1_000);
  assertEquals((await everTask.get(id))!.status, "Completed");
});
