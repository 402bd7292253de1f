// The events that processes exchange: watchers, batches, positions, and sweeping.

import type { EventBatch, EventPositions } from "../../../storage/requests.ts";
import type { Storage } from "../../../storage/storage.ts";
import { expectNear, expectSame } from "../expect.ts";
import { leaseMs, minute, type Scene, topic } from "../scene.ts";

const none: EventPositions = new Map();

/** Creates a batch of the events `since` + 1 to `upTo` of a writer. */
function batch(writerId: string, since: number, upTo: number, events = "[]"): EventBatch {
  return { writerId, since, upTo, host: `${writerId}.example.org`, workerId: null, events };
}

async function watch(storage: Storage, id = "watcher", parameters = false, forMs = minute) {
  return await storage.watchEvents({ id, parameters, forMs });
}

/** Reads batches, and returns each as `writer upTo`, sorted. */
async function read({ storage }: Scene, after = none, exceptFrom = "reader", limit = 100) {
  const { batches } = await storage.readEvents({ after, exceptFrom, limit });
  return batches.map(({ writerId, upTo }) => `${writerId} ${upTo}`).sort();
}

export const eventRelay = topic("event relay", {
  "heartbeats return the watchers until they expire": async (s) => {
    const worker = await s.worker();
    const told = async () => (await s.storage.heartbeat(worker, leaseMs)).watchers;
    expectSame(await told(), [], "nobody watches");
    await watch(s.storage, "watcher-b", true);
    await watch(s.storage, "watcher-a");
    const [a, b] = [{ id: "watcher-a", parameters: false }, { id: "watcher-b", parameters: true }];
    expectSame(await told(), [a, b], "both, in order");
    await s.unit.passTime(minute / 2);
    const renewed = await watch(s.storage, "watcher-a");
    expectSame([renewed.began, renewed.watchers], [false, [a, b]], "the watch continues");
    await s.unit.passTime(minute / 2 + 1_000);
    expectSame(await told(), [a], "one has not renewed");
    await s.storage.unwatchEvents("watcher-a");
    await s.storage.unwatchEvents("never-there");
    expectSame(await told(), [], "one has gone");
  },

  "a watch begins once, and again if it requests payloads or has expired": async (s) => {
    const began = async (parameters: boolean, forMs = minute) =>
      (await watch(s.storage, "watcher", parameters, forMs)).began;
    expectSame(
      [await began(false), await began(false), await began(true), await began(true)],
      [true, false, true, false],
      "it is new, then it requests payloads",
    );
    expectSame(
      [await began(false), await began(true)],
      [false, true],
      "a request for less begins no watch",
    );
    await s.unit.passTime(minute + 1_000);
    expectSame(await began(true), true, "its time was over");
  },

  "events are stored only while there is a watcher": async (s) => {
    expectSame(await s.storage.publishEvents(batch("writer", 0, 1)), [], "nobody watches");
    const { watchers } = await watch(s.storage);
    expectSame(await s.storage.publishEvents(batch("writer", 1, 2)), watchers, "somebody does");
    await s.unit.passTime(minute + 1_000);
    expectSame(await s.storage.publishEvents(batch("writer", 2, 3)), [], "its time is over");
    expectSame(await read(s), ["writer 2"], "what is stored");
  },

  "batches are returned unchanged": async (s) => {
    await watch(s.storage);
    const events = JSON.stringify([{
      message: 'é "\u0000\u0010\u001a \\ \u{1f600}',
      taskKey: null,
    }]);
    const large = JSON.stringify(["x".repeat(1_000_000)]);
    const first = { ...batch("writer", 3, 7, events), workerId: "worker-a", host: "hôst '" };
    const second = batch("writer", 2 ** 40, 2 ** 40 + 1, large);
    await s.storage.publishEvents(first);
    await s.storage.publishEvents(second);
    const { now, batches } = await s.storage.readEvents({
      after: none,
      exceptFrom: "reader",
      limit: 10,
    });
    expectSame(batches, [first, second], "in their order");
    expectNear(now, await s.now(), "with the storage's clock");
  },

  "a batch that is stored twice exists once, unchanged": async (s) => {
    await watch(s.storage);
    await s.storage.publishEvents(batch("writer", 0, 1, "[1]"));
    const watchers = await s.storage.publishEvents(batch("writer", 0, 1, "[2]"));
    expectSame(watchers.length, 1, "the second is not an error");
    const { batches } = await s.storage.readEvents({ after: none, exceptFrom: "", limit: 10 });
    expectSame(batches.map(({ events }) => events), ["[1]"], "the first stays");
  },

  "each reader reads after its own positions, and never its own batches": async (s) => {
    await watch(s.storage);
    for (const [since, upTo] of [[0, 2], [2, 9], [9, 10]] as const) {
      await s.storage.publishEvents(batch("a", since, upTo));
      await s.storage.publishEvents(batch("b", since, upTo));
    }
    expectSame(await read(s, none, "b"), ["a 10", "a 2", "a 9"], "all of others");
    const after = new Map([["a", 2], ["b", 10], ["gone", 5]]);
    expectSame(await read(s, after), ["a 10", "a 9"], "what is new");
    expectSame(await read(s, none, "reader", 2), ["a 2", "a 9", "b 2", "b 9"], "the first ones");
    const late = await watch(s.storage, "late");
    expectSame([...late.positions].sort(), [["a", 10], ["b", 10]], "where a late watcher begins");
    await s.storage.publishEvents(batch("a", 10, 11));
    await s.storage.publishEvents(batch("c", 0, 1));
    expectSame(await read(s, late.positions), ["a 11", "c 1"], "what it sees");
  },

  "batches older than a minute are swept, a hundred at a time": async (s) => {
    await watch(s.storage, "watcher", false, 10 * minute);
    for (let n = 0; n < 101; n++) await s.storage.publishEvents(batch("old", n, n + 1));
    await s.unit.passTime(minute + 1_000);
    await s.storage.publishEvents(batch("young", 0, 1));
    const swept = [];
    for (let n = 0; n < 3; n++) swept.push(await s.storage.sweepEvents());
    expectSame(swept, [100, 1, 0], "how many");
    expectSame(await read(s), ["young 1"], "what is left");
  },

  "without watchers, all batches are swept": async (s) => {
    await watch(s.storage, "gone");
    await watch(s.storage, "late");
    await s.storage.publishEvents(batch("writer", 0, 1));
    await s.storage.unwatchEvents("gone");
    expectSame(await s.storage.sweepEvents(), 0, "somebody watches");
    await s.unit.passTime(minute / 2);
    await s.storage.publishEvents(batch("writer", 1, 2));
    await s.unit.passTime(minute / 2 + 1_000);
    expectSame(await s.storage.sweepEvents(), 2, "nobody watches any more");
    expectSame(await read(s), [], "nothing is left");
  },
});
