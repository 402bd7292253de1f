// Tests how a worker keeps its leases when storage answers late or never.

import { assertEquals } from "@std/assert";
import { defineTask } from "../../../mod.ts";
import type { Storage } from "../../../src/storage/mod.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet, gate, untilAborted } from "../../support/fleet.ts";
import { hardlyPolling } from "../../support/hardly_polling.ts";

/** A storage with a verb that stops answering when the test chooses. */
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

Deno.test("a worker without an answer to its heartbeat gives its leases up when they end, and continues under a new id", async () => {
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

Deno.test("a worker that takes over tasks continues to send heartbeats, however long storage takes to release them", async () => {
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
  assertEquals(
    fleet.clock.now() - beat.getTime() <= 5_000,
    true,
    `its last heartbeat was at ${beat}`,
  );
  // The call without an answer must not block the stop.
  await fleet.stop(everTask);
});

Deno.test("the tasks of a process that died are taken over within its lease and one heartbeat interval, and not before", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({ type: "task", handle: () => void ran++ });
  await fleet.create({ tasks: [task] }).dispatch(task, null);
  const storage = await fleet.storage();
  await storage.registerWorker({ id: "dead", host: "elsewhere" });
  const queues = [{ name: "default", limit: 1 }];
  await storage.claim({ workerId: "dead", types: ["task"], queues });
  const leaseDuration = 15_000;
  await fleet.start({ tasks: [task], leaseDuration });
  await fleet.pass(leaseDuration, 500);
  assertEquals(ran, 0);
  await fleet.pass(leaseDuration / 3, 500);
  assertEquals(ran, 1);
});

for (const stops of [false, true]) {
  const name = stops
    ? "a lost worker that is stopped while it registers leaves no registration"
    : "a lost worker registers once, however late the answer arrives, and sends heartbeats";
  Deno.test(name, async () => {
    await using fleet = new Fleet();
    const faults = new Faults();
    const task = defineTask<null>({ type: "task", handle() {} });
    const options = { tasks: [task], wrap: faults.wrap, leaseDuration: 15_000 };
    const everTask = await fleet.start(options);
    const registrations = () => faults.calls.get("registerWorker")!;
    await (await fleet.storage()).unregisterWorker(everTask.workerId!);

    const answer = gate();
    faults.rule = (verb) => verb === "registerWorker" ? { until: answer.opened } : null;
    await fleet.passUntil(() => registrations() > 1);
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

Deno.test("a worker whose claim reports it lost registers again at once", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({ type: "task", handle: () => void ran++ });
  const everTask = await fleet.start({ tasks: [task] });
  const before = everTask.workerId!;
  await (await fleet.storage()).unregisterWorker(before);
  await fleet.create({ tasks: [task] }).dispatch(task, null);
  await fleet.settle();
  assertEquals([ran, everTask.workerId === before, everTask.workerId === null], [1, false, false]);
});

Deno.test("a lease starts when its heartbeat is sent, however late the answer arrives", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const reasons: string[] = [];
  const wait = defineTask<null>({
    type: "wait",
    handle: (_, { signal }) => untilAborted(signal).catch(({ name }) => void reasons.push(name)),
  });
  const options = { tasks: [wait], wrap: faults.wrap, leaseDuration: 15_000 };
  const everTask = await fleet.start(options);
  await everTask.dispatch(wait, null);
  const late = () => ({ until: new Promise<void>((r) => void fleet.clock.setTimer(r, 8_000)) });
  let beats = 0;
  faults.rule = (verb) => {
    if (verb !== "heartbeat") return null;
    return beats++ === 0 ? late() : { at: "before" };
  };
  await fleet.passUntil(() => beats > 0);
  const sentAt = fleet.clock.monotonic();
  await fleet.passUntil(() => reasons.length > 0);
  const heldMs = fleet.clock.monotonic() - sentAt;
  // The worker checks the age of its lease whenever a heartbeat fails, and then retries after a
  // quarter of the heartbeat interval.
  assertEquals(
    [reasons, heldMs >= 15_000, heldMs < 16_500],
    [["LeaseLostError"], true, true],
    `${heldMs}`,
  );
});

Deno.test("waiting tasks of a worker that has lost its leases do not start under the old leases", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const ran: string[] = [];
  const task = defineTask<string>({
    type: "task",
    async handle(name) {
      ran.push(name);
      if (name === "first") await release.opened;
    },
  });
  const everTask = await fleet.start({ tasks: [task], queues: { default: { parallelism: 1 } } });
  const [first, second] = await everTask.dispatchMany(task, ["first", "second"]);
  await fleet.settle();
  const before = everTask.workerId!;
  assertEquals((await everTask.get(second!.id))!.workerId, before, "it was prefetched");
  const storage = await fleet.storage();
  await storage.requestCancel([first!.id]);
  await storage.unregisterWorker(before);
  await fleet.passUntil(() => ![before, null].includes(everTask.workerId), 500);
  release.open();
  await fleet.pass(1_000, 100);
  assertEquals(ran, ["first", "second"]);
  assertEquals(fleet.kinds(first!.id).filter((kind) => kind === "leaseLost").length > 0, true);
  const { leaseToken, status } = (await everTask.get(second!.id))!;
  assertEquals([leaseToken, status], [2, "Completed"]);
});

Deno.test("a worker that hardly polls runs the tasks that it has taken over without a notification", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({ type: "task", handle: () => void ran++ });
  const storage = await fleet.storage();
  await storage.registerWorker({ id: "dead", host: "elsewhere" });
  const web = fleet.create({ tasks: [task] });
  await web.dispatch(task, null);
  const queues = [{ name: "default", limit: 1 }];
  await storage.claim({ workerId: "dead", types: ["task"], queues });
  const deaf = (storage: Storage) =>
    new Proxy(hardlyPolling(storage), {
      get: (target, name) => name === "onWake" ? () => () => {} : target[name as keyof Storage],
    });
  await fleet.start({ tasks: [task], wrap: deaf, leaseDuration: 15_000 });
  await fleet.pass(25_000, 1_000);
  assertEquals(ran, 1);
});

Deno.test("the late answer to a replaced registration changes nothing", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const answered = gate();
  const task = defineTask<null>({ type: "task", handle() {} });
  const options = { tasks: [task], wrap: faults.wrap, leaseDuration: 15_000 };
  const everTask = await fleet.start(options);
  const registrations = () => faults.calls.get("registerWorker")!;
  await (await fleet.storage()).unregisterWorker(everTask.workerId!);
  faults.rule = (verb) =>
    verb === "registerWorker" && registrations() === 2 ? { until: answered.opened } : null;
  await fleet.passUntil(() => registrations() === 3, 500);
  await fleet.pass(1_000, 500);
  const id = everTask.workerId;
  answered.open();
  await fleet.pass(20_000, 500);
  assertEquals([everTask.workerId, registrations(), id === null], [id, 3, false]);
});

Deno.test("the answer to a heartbeat under an old id pauses no queue", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const answered = gate();
  let ran = 0;
  const task = defineTask<null>({ type: "task", handle: () => void ran++ });
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap, leaseDuration: 15_000 });
  const web = fleet.create({ tasks: [task] });
  const before = everTask.workerId!;
  await web.queues.pause("default");
  await fleet.settle();
  let beats = 0;
  faults.rule = (verb) => verb === "heartbeat" && beats++ === 0 ? { until: answered.opened } : null;
  await fleet.passUntil(() => beats > 0, 500);
  await (await fleet.storage()).unregisterWorker(before);
  await web.dispatch(task, null, { queue: "recurring" }); // its claim reports that the worker is lost
  await web.queues.resume("default");
  await fleet.settle();
  assertEquals([ran, everTask.workerId === before], [1, false]);
  answered.open();
  await fleet.settle();
  await web.dispatch(task, null);
  await fleet.settle();
  assertEquals(ran, 2);
});
