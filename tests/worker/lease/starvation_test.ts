// Tests handlers that block the event loop for longer than the lease: the worker detects the
// blocking, names the suspects, and continues.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createEverTask, defineTask } from "../../../mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { temporaryFolder } from "../../integration/support.ts";
import { startEngine } from "../../support/engine.ts";
import { Fleet } from "../../support/fleet.ts";
import { startProgram } from "../../support/lines.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { nextMacrotask } from "../../../src/time/macrotask.ts";
import { crunch } from "./blocked_worker.ts";

/** Advances a fake clock without firing timers, as if a handler blocked the event loop. */
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

Deno.test("an event loop that was blocked for longer than the lease is reported, with the suspected types", async () => {
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

Deno.test("timers and sockets are served while many handlers compute one after the other", async () => {
  const clock = new BlockableClock();
  await using fleet = new Fleet(clock);
  let ran = 0;
  let ranBefore = 0;
  const crunch = defineTask<number>({
    type: "crunch",
    handle(ms) {
      if (ran++ === 0) nextMacrotask(() => ranBefore = ran);
      clock.block(ms);
    },
  });
  const web = fleet.create({ tasks: [crunch] });
  await web.dispatchMany(crunch, Array.from({ length: 50 }, () => 3));
  await fleet.start({ tasks: [crunch], queues: { default: { parallelism: 50 } } });
  await fleet.settle();
  // Handlers start in slices of 10 ms, and a few slices may run before the macrotask.
  assert(ranBefore < 20, `${ranBefore} handlers ran before`);
  assertEquals(ran, 50);
});

Deno.test("a process that a handler really blocks for longer than its lease loses its task to another process, and its result is rejected", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/tasks.db`;
  const leaseMs = 1_000;
  const web = createEverTask({ storage: sqliteStorage(path), tasks: [crunch] });
  const script = new URL("blocked_worker.ts", import.meta.url).href;
  await web.statistics(); // creates the tables
  const blocked = startProgram(script, [path, String(leaseMs)]);
  assertEquals(await blocked.next(), "ready");
  const until = `${folder.path}/enough`;
  const { id } = await web.dispatch(crunch, { until });
  while (await blocked.next() !== "begun");

  const attempts: number[] = [];
  const quick = defineTask<unknown>({
    type: "crunch",
    handle: (_, { attempt }) => void attempts.push(attempt),
  });
  await using engine = await startEngine({
    storage: sqliteStorage(path),
    tasks: [quick],
    leaseDuration: leaseMs,
  });
  assertEquals((await engine.ended(id)).kind, "completed");
  await Deno.writeTextFile(until, "");
  const told: string[] = [];
  while (!told.some((line) => line.startsWith("leaseLost"))) {
    const line = await blocked.next();
    assert(line !== null, told.join("\n"));
    told.push(line);
  }
  told.push(...await blocked.end());
  const starved = told.find((line) => line.startsWith("workerStarved"));
  assert(starved?.includes("crunch") && starved.includes("worker thread"), told.join("\n"));
  assertEquals(told.some((line) => line.startsWith("completed")), false);
  assertEquals(attempts, [2]);
  const { status, lostCount } = (await web.get(id))!;
  assertEquals([status, lostCount], ["Completed", 1]);
  const trail = (await web.statusAudit(id)).items.map((row) => row.newStatus);
  assertEquals(trail.filter((status) => status === "Completed").length, 1, trail.join());
  await web.stop();
});
