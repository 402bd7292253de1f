// Stores that each violate the contract in one way. A simulation must detect each of them.

import type { Storage } from "../../../src/storage/storage.ts";
import type { StoreMaker } from "../../../src/testing/simulation/world.ts";
import { memoryStore } from "./memory_store.ts";

/** Replacements of some verbs of a store. */
type Faults = (store: Storage) => Partial<Storage>;

/** The faults by description. */
export const faults: Readonly<Record<string, Faults>> = {
  "a write needs no lease": (store) => ({
    setStatusMany: (changes) => store.setStatusMany(changes.map(({ lease: _, ...rest }) => rest)),
  }),
  "some writes of the holder are rejected": (store) => {
    let count = 0;
    return {
      async setStatusMany(changes) {
        if (++count % 7 > 0) return await store.setStatusMany(changes);
        return changes.map(() => ({ applied: false }));
      },
    };
  },
  "an applied write is reported as rejected": (store) => ({
    async setStatusMany(changes) {
      await store.setStatusMany(changes);
      return changes.map(() => ({ applied: false }));
    },
  }),
  "a confirmed dispatch is not stored": (store) => ({
    async persist(tasks) {
      const some = tasks.filter(({ priority }) => priority === 0);
      const results = [...await store.persist(some)];
      return tasks.map((task) =>
        some.includes(task) ? results.shift()! : { id: task.id, outcome: "created", claimed: false }
      );
    },
  }),
  "a waiting task is reported as cancelled, and is not": () => ({
    requestCancel: (ids) => Promise.resolve(ids.map(() => "cancelled")),
  }),
  "a cancel request is lost": (store) => ({
    async heartbeat(workerId, leaseMs) {
      return { ...await store.heartbeat(workerId, leaseMs), cancelRequests: [] };
    },
    requestCancel: (ids) => Promise.resolve(ids.map(() => "requested")),
  }),
  "a returned claim counts as an attempt": (store) => ({
    setStatusMany: (changes) =>
      store.setStatusMany(changes.map((change) => ({ ...change, returnAttempt: false }))),
  }),
  "a transition is not audited": (store) => ({
    setStatusMany: (changes) =>
      store.setStatusMany(
        changes.map((change) => ({ ...change, transitions: change.transitions.slice(-1) })),
      ),
  }),
  "a transition is audited twice": (store) => ({
    async statusAudit(taskId, page) {
      const { items, next } = await store.statusAudit(taskId, page);
      return { items: [...items, ...items.slice(-1)], next };
    },
  }),
  "a retry is due at once": (store) => ({
    setStatusMany: (changes) =>
      store.setStatusMany(
        changes.map((change) => change.dueInMs === undefined ? change : { ...change, dueInMs: 0 }),
      ),
  }),
  "a paused queue continues": () => ({
    setQueuePaused: () => Promise.resolve(),
  }),
  "the tasks of a worker are released too early": (store) => ({
    async heartbeat(workerId, leaseMs) {
      return { ...await store.heartbeat(workerId, leaseMs / 10), othersLost: true };
    },
    releaseLost: (request) => store.releaseLost({ ...request, leaseMs: request.leaseMs / 10 }),
  }),
  "the tasks of a lost worker are not released": () => ({
    releaseLost: () => Promise.resolve([]),
  }),
  "a claim whose response was lost is not released": () => ({
    releaseUnknown: () => Promise.resolve(0),
  }),
};

/** Makes a store with a fault. */
export function faultyStore(fault: Faults): StoreMaker {
  return (clock) => {
    const connect = memoryStore(clock);
    return () => {
      const store = connect();
      const replaced = fault(store);
      return new Proxy(store, {
        get(target, property) {
          const own = Reflect.get(replaced, property);
          if (own !== undefined) return own;
          const member = Reflect.get(target, property, target);
          return typeof member === "function" ? member.bind(target) : member;
        },
      });
    };
  };
}
