// How a worker keeps its leases when storage is slow to answer, or does not answer at all.

import { assertEquals } from "@std/assert";
import { defineTask, type Storage } from "../../mod.ts";
import { Faults } from "../support/faulty_storage.ts";
import { Fleet, gate, untilAborted } from "../support/fleet.ts";

/** A storage of which one verb does not answer from a moment on that the test chooses. */
function silencing(verb: "heartbeat" | "releaseLost") {
  const silence = { on: false };
  const wrap = (storage: Storage) =>
    new Proxy(storage, {
      get(target, name) {
        const member = target[name as keyof Storage];
        if (typeof member !== "function") return member;
        if (name !== verb) return member.bind(target);
        return (...args: unknown[]) =>
          silence.on ? new Promise(() => {}) : Reflect.apply(member, target, args);
      },
    });
  return { silence, wrap };
}

Deno.test("a worker whose heartbeat is not answered gives its leases up when they end, and works on under a new id", async () => {
  await using fleet = new Fleet();
  const reasons: string[] = [];
  const wait = defineTask<null>({
    type: "wait",
    async handle(_, { signal }) {
      await untilAborted(signal).catch(({ name }) => void reasons.push(name));
    },
  });
  const { silence, wrap } = silencing("heartbeat");
  const everTask = await fleet.start({ tasks: [wait], wrap, leaseDuration: 15_000 });
  await everTask.dispatch(wait, null);
  await fleet.settle();
  const before = everTask.workerId;
  silence.on = true;
  await fleet.pass(14_000, 500);
  assertEquals(reasons, []);
  await fleet.pass(1_500, 500);
  assertEquals(reasons, ["LeaseLostError"]);
  silence.on = false;
  await fleet.pass(30_000, 500);
  assertEquals(fleet.kinds().includes("lost"), true);
  assertEquals(everTask.workerId === before || everTask.workerId === null, false);
  assertEquals((await everTask.workers()).map(({ id }) => id), [everTask.workerId]);
});

Deno.test("a worker that takes over a lost one's tasks beats on, however long that takes", async () => {
  await using fleet = new Fleet();
  const task = defineTask<null>({ type: "task", handle() {} });
  const { silence, wrap } = silencing("releaseLost");
  silence.on = true;
  const everTask = await fleet.start({ tasks: [task], wrap, leaseDuration: 15_000 });
  const storage = await fleet.storage();
  await storage.registerWorker({ id: "dead", host: "elsewhere" });
  await fleet.pass(60_000, 1_000);
  const { workerId } = everTask;
  const beat = (await everTask.workers()).find(({ id }) => id === workerId)!.heartbeatAt;
  assertEquals(fleet.clock.now() - beat <= 5_000, true, `its last heartbeat was at ${beat}`);
  // The one that never answered may not keep it from stopping.
  await fleet.stop(everTask);
});

for (const stops of [false, true]) {
  const then = stops ? "none when it is stopped meanwhile" : "and beats under it";
  Deno.test(`a worker that was given up registers once, however late the answer comes, ${then}`, async () => {
    await using fleet = new Fleet();
    const faults = new Faults();
    const task = defineTask<null>({ type: "task", handle() {} });
    const options = { tasks: [task], wrap: faults.wrap, leaseDuration: 15_000 };
    const everTask = await fleet.start(options);
    const registrations = () => faults.calls.get("registerWorker")!;
    await (await fleet.storage()).unregisterWorker(everTask.workerId!);

    const answer = gate();
    faults.rule = (verb) => verb === "registerWorker" ? { until: answer.opened } : null;
    while (registrations() === 1) await fleet.pass(100);
    await fleet.pass(1_000, 100);
    const stopped = stops ? fleet.stop(everTask) : Promise.resolve();
    await fleet.pass(1_000, 100);
    answer.open();
    await stopped;
    await fleet.pass(10_000, 100);
    assertEquals(registrations(), 2);
    const ids = (await (await fleet.storage()).workers()).map(({ id }) => id);
    assertEquals(ids, stops ? [] : [everTask.workerId]);
  });
}
