// Tests events of all processes of a store. The instances share a memory database and a clock.

import { assert, assertEquals } from "@std/assert";
import { createEverTask, defineTask, noRetry, silentLogger, type TaskEvent } from "../../../mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import type { EventBatch } from "../../../src/storage/requests.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet } from "../../support/fleet.ts";

const second = 1_000;
const minute = 60 * second;
const relayVerbs = [
  ...["watchEvents", "unwatchEvents", "publishEvents", "readEvents", "sweepEvents"],
];

const mail = defineTask<string>({ type: "mail", handle: () => {} });
const fail = defineTask<string>({
  type: "fail",
  retry: noRetry(),
  handle: () => Promise.reject(new Error("It broke.")),
});
const tasks = [mail, fail];

/** The events that a subscriber receives. */
class Seen {
  readonly events: TaskEvent[] = [];
  readonly take = (event: TaskEvent): void => void this.events.push(event);

  kinds(taskId?: string): string[] {
    return this.events.filter((event) => taskId === undefined || event.taskId === taskId)
      .map(({ kind }) => kind);
  }
}

/** Collects the batches that an instance writes. */
function writtenBy(faults: Faults): EventBatch[] {
  const batches: EventBatch[] = [];
  faults.rule = (verb, [batch]) => {
    if (verb === "publishEvents") batches.push(batch as EventBatch);
    return null;
  };
  return batches;
}

function relayCalls(faults: Faults): number {
  return relayVerbs.reduce((sum, verb) => sum + (faults.calls.get(verb) ?? 0), 0);
}

Deno.test("a watcher gets the events of other processes in order for each task, with their origin", async () => {
  await using fleet = new Fleet();
  const worker = await fleet.start({ tasks, host: "there" });
  const web = fleet.create({ tasks, host: "here" });
  const seen = new Seen();
  web.events.subscribe(seen.take, { scope: "store" });
  await fleet.pass(second, 50);
  const { id: good } = await web.dispatch(mail, "ada");
  const { id: bad } = await worker.dispatch(fail, "bob");
  await fleet.pass(second, 50);
  assertEquals(seen.kinds(good), ["dispatched", "started", "completed"]);
  assertEquals(seen.kinds(bad), ["dispatched", "started", "failed"]);
  const from = { host: "there", workerId: worker.workerId, leftOut: 0 };
  assertEquals(seen.events.map((event) => event.from), [undefined, from, from, from, from, from]);
  const own = fleet.events.find(({ taskId, kind }) => taskId === bad && kind === "failed")!;
  const { from: _, ...told } = seen.events.find(({ kind }) => kind === "failed")!;
  assertEquals(told, { ...own, taskParameters: "" });
});

Deno.test("a worker that writes its events for others gets each of them once", async () => {
  await using fleet = new Fleet();
  const [a, b] = [await fleet.start({ tasks }), await fleet.start({ tasks: [] })];
  const [seenByA, seenByB] = [new Seen(), new Seen()];
  a.events.subscribe(seenByA.take, { scope: "store" });
  b.events.subscribe(seenByB.take, { scope: "store" });
  await fleet.pass(second, 50);
  await a.dispatch(mail, "ada");
  await fleet.pass(second, 50);
  assertEquals(seenByA.kinds(), ["dispatched", "started", "completed"]);
  assertEquals(seenByB.kinds(), seenByA.kinds());
});

Deno.test("a subscriber without the scope of the store gets only events of its process", async () => {
  await using fleet = new Fleet();
  await fleet.start({ tasks });
  const web = fleet.create({ tasks });
  const [own, all] = [new Seen(), new Seen()];
  web.events.subscribe(own.take);
  web.events.subscribe(all.take, { scope: "store", kinds: ["completed"] });
  await fleet.pass(second, 50);
  await web.dispatch(mail, "ada");
  await fleet.pass(second, 50);
  assertEquals([own.kinds(), all.kinds()], [["dispatched"], ["completed"]]);
});

Deno.test("without watchers, no event is written, read or swept", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const worker = await fleet.start({ tasks, wrap: faults.wrap });
  const web = fleet.create({ tasks, wrap: faults.wrap });
  web.events.subscribe(() => {}, { severity: "Error" });
  const run = async () => {
    await worker.dispatchMany(mail, ["ada", "bob"]);
    await fleet.pass(5 * minute, 10 * second);
  };
  await run();
  assertEquals(relayCalls(faults), 0);
  const unsubscribe = web.events.subscribe(() => {}, { scope: "store" });
  await fleet.pass(second, 50);
  await run();
  assert(relayCalls(faults) > 0);
  unsubscribe();
  await fleet.pass(minute, second);
  const calls = relayCalls(faults);
  await run();
  assertEquals(relayCalls(faults), calls);
});

Deno.test("payloads are written only while a watcher requests them", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const batches = writtenBy(faults);
  const worker = await fleet.start({ tasks, wrap: faults.wrap });
  const web = fleet.create({ tasks });
  const [plain, whole] = [new Seen(), new Seen()];
  const dispatch = async () => {
    await fleet.pass(20 * second, 50); // a heartbeat
    await worker.dispatch(mail, "secret");
    await fleet.pass(second, 50);
    return batches.splice(0).some(({ events }) => events.includes("secret"));
  };
  web.events.subscribe(plain.take, { scope: "store" });
  assertEquals(await dispatch(), false);
  const end = web.events.subscribe(whole.take, { scope: "store", parameters: true });
  assertEquals(await dispatch(), true);
  end();
  assertEquals(await dispatch(), false);
  const parameters = (seen: Seen) => new Set(seen.events.map((event) => event.taskParameters));
  assertEquals([parameters(plain), parameters(whole)], [new Set([""]), new Set(['"secret"'])]);
});

Deno.test("a watcher that starts later gets only the events since its start", async () => {
  await using fleet = new Fleet();
  const worker = await fleet.start({ tasks });
  const [early, late] = [new Seen(), new Seen()];
  fleet.create({ tasks: [] }).events.subscribe(early.take, { scope: "store" });
  await fleet.pass(second, 50);
  await worker.dispatch(mail, "before");
  await fleet.pass(second, 50);
  fleet.create({ tasks: [] }).events.subscribe(late.take, { scope: "store" });
  await fleet.pass(second, 50);
  await worker.dispatch(mail, "after");
  await fleet.pass(second, 50);
  assertEquals([early.events.length, late.events.length], [6, 3]);
  assertEquals(late.events.map(({ from }) => from?.leftOut), [0, 0, 0]);
});

Deno.test("under high load, a watcher gets all errors, some other events, and the number of omitted ones", async () => {
  await using fleet = new Fleet();
  const worker = await fleet.start({ tasks, queues: { default: { parallelism: 50 } } });
  const web = fleet.create({ tasks: [] });
  const seen = new Seen();
  web.events.subscribe(seen.take, { scope: "store" });
  await fleet.pass(second, 50);
  for (let round = 0; round < 3; round++) {
    await worker.dispatchMany(mail, Array(500).fill("ada"));
    await worker.dispatchMany(fail, Array(500).fill("bob"));
    await fleet.pass(second, 50);
  }
  await worker.dispatch(mail, "last");
  await fleet.pass(second, 50);
  const failed = seen.kinds().filter((kind) => kind === "failed").length;
  const { leftOut } = web.events;
  assertEquals([failed, seen.events.length + leftOut], [1_500, 3 * 3_000 + 3]);
  assert(leftOut > 5_000 && leftOut < 7_500, `${leftOut} were left out`);
  assertEquals(seen.events.at(-1)!.from!.leftOut, leftOut);
});

Deno.test("if storage accepts no events for a while, errors are delayed and tasks are unaffected", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const worker = await fleet.start({ tasks, wrap: faults.wrap });
  const web = fleet.create({ tasks: [] });
  const seen = new Seen();
  web.events.subscribe(seen.take, { scope: "store" });
  await fleet.pass(second, 50);
  faults.rule = (verb) => verb === "publishEvents" ? { at: "after" } : null;
  await worker.dispatchMany(fail, Array(20).fill("bob"));
  await worker.dispatchMany(mail, Array(200).fill("ada"));
  await fleet.pass(20 * second, 50);
  const statistics = await worker.statistics();
  assertEquals([statistics.tasksByStatus.Failed, statistics.tasksByStatus.Completed], [20, 200]);
  faults.rule = () => null;
  await fleet.pass(5 * second, 50);
  const failed = seen.kinds().filter((kind) => kind === "failed").length;
  assertEquals([failed, seen.events.length + web.events.leftOut], [20, 220 * 3]);
  const told = fleet.log.filter((line) => line.includes("Events could not be written"));
  assertEquals(told.length, 1);
});

Deno.test("events are kept while the store's watchers are locked, also over heartbeats", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  let isLocked = false;
  const withLock = (storage: Storage) => {
    const heartbeat = storage.heartbeat.bind(storage);
    return Object.assign(storage, {
      async heartbeat(...args: Parameters<Storage["heartbeat"]>) {
        const answer = await heartbeat(...args);
        return isLocked ? { ...answer, watchers: null } : answer;
      },
    });
  };
  const worker = await fleet.start({ tasks, wrap: (storage) => faults.wrap(withLock(storage)) });
  const seen = new Seen();
  fleet.create({ tasks: [] }).events.subscribe(seen.take, { scope: "store" });
  await fleet.pass(second, 50);
  isLocked = true;
  faults.rule = (verb) => verb === "publishEvents" ? { at: "before" } : null;
  await worker.dispatchMany(fail, Array(20).fill("bob"));
  const heartbeats = faults.calls.get("heartbeat")!;
  await fleet.pass(25 * second, second);
  assert(faults.calls.get("heartbeat")! > heartbeats);
  isLocked = false;
  faults.rule = () => null;
  await fleet.pass(10 * second, 50);
  assertEquals(seen.kinds().filter((kind) => kind === "failed").length, 20);
});

Deno.test("processes stop writing events after a watcher dies, and the written ones are removed", async () => {
  await using fleet = new Fleet();
  const [writing, watching] = [new Faults(), new Faults()];
  const batches = writtenBy(writing);
  const worker = await fleet.start({ tasks, wrap: writing.wrap });
  const web = fleet.create({ tasks: [], wrap: watching.wrap });
  web.events.subscribe(() => {}, { scope: "store" });
  await fleet.pass(second, 50);
  await worker.dispatch(mail, "ada");
  await fleet.pass(second, 50);
  assertEquals(batches.length, 1);
  watching.rule = () => ({ at: "before" }); // simulates its death
  await fleet.pass(minute, second);
  await worker.dispatch(mail, "bob");
  await fleet.pass(second, 50);
  assertEquals(batches.length, 1);
  const storage = await fleet.storage();
  const stored = await storage.readEvents({ after: new Map(), exceptFrom: "", limit: 10 });
  assertEquals(stored.batches, []);
});

Deno.test("a watcher that lost its connection continues, and gets the number of missed events", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const worker = await fleet.start({ tasks });
  fleet.create({ tasks: [] }).events.subscribe(() => {}, { scope: "store" });
  const web = fleet.create({ tasks: [], wrap: faults.wrap });
  const seen = new Seen();
  web.events.subscribe(seen.take, { scope: "store" });
  await fleet.pass(second, 50);
  await worker.dispatch(mail, "is seen");
  await fleet.pass(second, 50);
  faults.rule = () => ({ at: "before" });
  await worker.dispatch(mail, "is gone");
  await fleet.pass(2 * minute, second);
  await worker.dispatch(mail, "is there");
  await fleet.pass(10 * second, second);
  faults.rule = () => null;
  await fleet.pass(5 * second, 50);
  assertEquals(seen.events.map(({ from }) => from!.leftOut), [0, 0, 0, 3, 3, 3]);
  assertEquals(web.events.leftOut, 3);
});

Deno.test("the events of a process whose clock is ahead are not delayed", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  faults.rule = (verb, args) => {
    if (verb !== "publishEvents") return null;
    const [batch] = args as [EventBatch];
    const events = batch.events.replaceAll(/"eventDateUtc":"\d+/g, '"eventDateUtc":"9999');
    (args as unknown[])[0] = { ...batch, events };
    return null;
  };
  const worker = await fleet.start({ tasks, wrap: faults.wrap });
  const seen = new Seen();
  fleet.create({ tasks: [] }).events.subscribe(seen.take, { scope: "store" });
  await fleet.pass(second, 50);
  await worker.dispatch(mail, "ada");
  await fleet.pass(second, 50);
  assertEquals(seen.kinds(), ["dispatched", "started", "completed"]);
});

Deno.test("a process writes its last events before it stops", async () => {
  await using fleet = new Fleet();
  const worker = await fleet.start({ tasks });
  const seen = new Seen();
  fleet.create({ tasks: [] }).events.subscribe(seen.take, { scope: "store" });
  await fleet.pass(second, 50);
  await worker.dispatch(mail, "ada");
  await fleet.stop(worker);
  await fleet.pass(second, 50);
  assertEquals(seen.kinds(), ["dispatched", "started", "completed"]);
});

Deno.test("an instance ends its watch when it stops", async () => {
  await using fleet = new Fleet();
  const worker = await fleet.start({ tasks });
  const web = fleet.create({ tasks: [] });
  web.events.subscribe(() => {}, { scope: "store" });
  await fleet.pass(second, 50);
  const storage = await fleet.storage();
  const watchers = async () => (await storage.heartbeat(worker.workerId!, minute)).watchers;
  assertEquals((await watchers())?.length, 1);
  await fleet.stop(web);
  assertEquals(await watchers(), []);
});

Deno.test("a watcher knows the store's time, also after its own clock stood still", async () => {
  const [storeClock, ownClock] = [new FakeClock(), new FakeClock()];
  await using web = createEverTask({
    storage: memoryStorage({ clock: storeClock }),
    tasks: [],
    clock: ownClock,
    logger: silentLogger,
  });
  web.events.subscribe(() => {}, { scope: "store" });
  await web.operate.now();
  await storeClock.advance(60 * minute);
  await ownClock.advance(second);
  assertEquals((await web.operate.now()).getTime(), storeClock.now());
});
