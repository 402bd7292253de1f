// Tests database faults while tasks run: outages, deadlocks, full disks, late and lost answers. No
// task is lost and none ends twice. Workers do not retry in a hot loop, and recover without help.

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { defineTask, LeaseLostError } from "../../mod.ts";
import { StorageError, StorageFullError, StorageUnavailableError } from "../../src/storage/mod.ts";
import { seededRandom } from "../../src/testing/simulation/chance.ts";
import { type Fault, Faults } from "../support/faulty_storage.ts";
import { Fleet, gate, untilAborted } from "../support/fleet.ts";

const ends = ["Completed", "Failed", "Cancelled"];

/** Starts two workers with the same faults, and a task that counts the runs of each payload. */
async function troubled(fleet: Fleet) {
  const faults = new Faults();
  const runs = new Map<number, number>();
  const task = defineTask<number>({
    type: "work",
    handle: (n) => void runs.set(n, (runs.get(n) ?? 0) + 1),
  });
  const options = { tasks: [task], wrap: faults.wrap, queues: { default: { parallelism: 4 } } };
  const first = await fleet.start(options);
  const second = await fleet.start(options);
  return { faults, runs, task, first, second };
}

/** Asserts that each task completed exactly once, by its row and by its status audit. */
async function assertAllCompletedOnce(fleet: Fleet, ids: readonly string[]): Promise<void> {
  const storage = await fleet.storage();
  for (const id of ids) {
    const record = (await storage.get(id))!;
    const trail = await fleet.trail(id);
    assertEquals(record.status, "Completed", `${id}: ${trail.join(", ")}`);
    assertEquals([record.dueAt, record.workerId], [null, null]);
    assertEquals(trail.filter((status) => ends.includes(status)), ["Completed"], trail.join());
  }
}

Deno.test("an outage of 30 s loses no task, and causes no hot loop", async () => {
  await using fleet = new Fleet();
  const { faults, runs, task, first, second } = await troubled(fleet);
  const ids: string[] = [];
  for (let n = 0; n < 40; n++) ids.push((await first.dispatch(task, n)).id);
  faults.rule = () => ({ at: "before" });
  const during = Array.from(
    { length: 20 },
    (_, i) => first.dispatch(task, 100 + i).then(({ id }) => void ids.push(id), () => {}),
  );
  const callsBefore = faults.total;
  await fleet.pass(30_000, 200);
  // Two instances, each with claims, heartbeats and pending writes that are retried: a few
  // calls a second.
  assertLessOrEqual(faults.total - callsBefore, 30 * 2 * 5);
  faults.rule = () => null;
  await Promise.all(during);
  for (let n = 200; n < 220; n++) ids.push((await second.dispatch(task, n)).id);
  await fleet.pass(30_000, 500);
  await assertAllCompletedOnce(fleet, ids);
  assertEquals(
    ids.length,
    60,
    "each dispatch during the outage rejects: the outage outlasts dispatchRetryFor",
  );
  assert([...runs.values()].every((count) => count <= 2), "a lost lease may cost a second run");
});

Deno.test("a dispatch during an outage is stored after the outage, or rejects after dispatchRetryFor", async () => {
  await using fleet = new Fleet();
  const { faults, task, first } = await troubled(fleet);
  faults.rule = () => ({ at: "before" });
  const patient = first.dispatch(task, 1);
  await fleet.pass(5_000, 250);
  faults.rule = () => null;
  const { id } = await fleet.until(patient);
  await fleet.pass(1_000);
  await assertAllCompletedOnce(fleet, [id]);
  faults.rule = () => ({ at: "before" });
  const error = await fleet.until(first.dispatch(task, 2).catch((error) => error));
  assert(error instanceof StorageUnavailableError);
  faults.rule = () => null;
});

for (const at of ["before", "after"] as const) {
  const what = at === "before" ? "deadlocks and lost connections" : "lost answers";
  Deno.test(`with random ${what}, no task is lost and none ends twice`, async () => {
    for (const seed of [1, 2, 3]) {
      await using fleet = new Fleet();
      const { faults, runs, task, first, second } = await troubled(fleet);
      const random = seededRandom(seed);
      faults.rule = () => random() < 0.2 ? { at } : null;
      const ids: string[] = [];
      for (let n = 0; n < 60; n++) {
        const { id } = await fleet.until((n % 2 === 0 ? first : second).dispatch(task, n), 20);
        ids.push(id);
      }
      const { length } = ids;
      ids.push(...(await fleet.until(
        first.dispatchMany(task, Array.from({ length: 50 }, (_, i) => length + i)),
        20,
      )).map(({ id }) => id));
      await fleet.pass(20_000, 100);
      faults.rule = () => null;
      await fleet.pass(30_000, 500);
      await assertAllCompletedOnce(fleet, ids);
      assertEquals(runs.size, 110);
    }
  });
}

Deno.test("with answers later than the lease, no task ends twice", async () => {
  await using fleet = new Fleet();
  const { faults, task, first, second } = await troubled(fleet);
  const random = seededRandom(7);
  faults.rule = (): Fault => {
    const chance = random();
    if (chance > 0.1) return null;
    const delayMs = chance < 0.02 ? 20_000 : 700;
    return { until: new Promise((resolve) => void fleet.clock.setTimer(resolve, delayMs)) };
  };
  const ids: string[] = [];
  for (let n = 0; n < 60; n++) {
    ids.push((await fleet.until((n % 2 === 0 ? first : second).dispatch(task, n), 50)).id);
  }
  await fleet.pass(20_000, 250);
  faults.rule = () => null;
  await fleet.pass(60_000, 1_000);
  await assertAllCompletedOnce(fleet, ids);
});

Deno.test("a worker that cannot reach storage for the length of its lease aborts its handlers, and another worker takes over", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const reasons: unknown[] = [];
  let finish = false;
  const task = defineTask<null>({
    type: "long",
    handle: async (_, { signal }) => {
      if (finish) return;
      await untilAborted(signal).catch((reason) => reasons.push(reason));
    },
  });
  const cutOff = await fleet.start({ tasks: [task], wrap: faults.wrap });
  const { id } = await cutOff.dispatch(task, null);
  await fleet.pass(1_000);
  const other = await fleet.start({ tasks: [task] });
  finish = true;
  faults.rule = () => ({ at: "before" });
  await fleet.pass(30_000, 500);
  assertEquals(reasons.length, 1);
  assert(reasons[0] instanceof LeaseLostError);
  const record = (await other.get(id))!;
  assertEquals([record.status, record.lostCount, record.attempt], ["Completed", 1, 2]);
  assertEquals(await fleet.trail(id), [
    "Queued",
    "InProgress",
    "ServiceStopped",
    "Queued",
    "InProgress",
    "Completed",
  ]);
  faults.rule = () => null;
  await fleet.pass(10_000, 500);
  const again = await cutOff.dispatch(task, null);
  await fleet.pass(1_000);
  assertEquals((await cutOff.get(again.id))!.status, "Completed", "it works again");
});

Deno.test("a full disk delays tasks until it has free space again", async () => {
  await using fleet = new Fleet();
  const { faults, runs, task, first } = await troubled(fleet);
  const writes = ["persist", "setStatusMany", "updateCurrentRunMany", "claim"];
  const ids = [(await first.dispatch(task, 1)).id];
  faults.rule = (verb) =>
    writes.includes(verb) ? { at: "before", error: new StorageFullError("disk full") } : null;
  const second = first.dispatch(task, 2);
  await fleet.pass(10_000, 250);
  faults.rule = () => null;
  ids.push((await fleet.until(second)).id);
  await fleet.pass(10_000, 250);
  await assertAllCompletedOnce(fleet, ids);
  assertEquals([...runs], [[1, 1], [2, 1]]);
});

Deno.test("a change that storage rejects delays no other change", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const task = defineTask<string>({
    type: "work",
    handle(name) {
      if (name === "poison") throw new Error("unstorable");
    },
    retry: { nextDelay: () => null },
  });
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  let poison = true;
  faults.rule = (verb, [changes]) =>
    poison && verb === "setStatusMany" && JSON.stringify(changes).includes("unstorable")
      ? { at: "before", error: new StorageError("value out of range") }
      : null;
  const { id } = await everTask.dispatch(task, "poison");
  const others = await everTask.dispatchMany(task, ["a", "b", "c"]);
  const callsBefore = faults.total;
  await fleet.pass(20_000, 500);
  for (const other of others) assertEquals((await everTask.get(other.id))!.status, "Completed");
  assertLessOrEqual(faults.total - callsBefore, 100);
  assert(fleet.log.some((line) => line.startsWith("error: Writing the status")));
  poison = false;
  await fleet.pass(5_000, 500);
  assertEquals((await everTask.get(id))!.status, "Failed");
});

Deno.test("a stop ends in time even if storage never answers", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const never = gate();
  const task = defineTask<null>({ type: "stuck", handle: () => never.opened });
  const everTask = await fleet.start({
    tasks: [task],
    wrap: faults.wrap,
    leaseDuration: { seconds: 15 },
    abortGrace: { seconds: 5 },
  });
  await everTask.dispatch(task, null);
  await fleet.settle();
  faults.rule = () => ({ until: never.opened });
  await fleet.pass(6_000, 500); // a heartbeat is in progress, too
  const started = fleet.clock.monotonic();
  await fleet.stop(everTask, 10_000);
  // The timeout, three grace periods, two leases, and 15 s for pending dispatches.
  assertLessOrEqual(fleet.clock.monotonic() - started, 10_000 + 15_000 + 30_000 + 15_000);
  never.open();
  faults.rule = () => null;
  await fleet.pass(60_000, 5_000);
});
