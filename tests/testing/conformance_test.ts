// Tests that the conformance suite fails for a store that violates the contract. Each of these
// stores is the memory store with one faulty verb. At least one case of the named topic must
// detect the fault.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ClaimedTask } from "../../src/storage/records.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { StorageUnavailableError } from "../../src/storage/errors.ts";
import {
  ConformanceError,
  storageConformance,
  type StorageHarness,
} from "../../src/testing/mod.ts";
import { memoryHarness } from "../drivers/memory/harness.ts";

type Flaw = (storage: Storage) => Partial<Storage>;

/** The memory store's harness, with a flaw in every storage that it makes. */
function flawed(flaw: Flaw): StorageHarness {
  const spoil = (storage: Storage): Storage => {
    const spoiled: Partial<Record<PropertyKey, unknown>> = flaw(storage);
    return new Proxy(storage, {
      get(target, property) {
        const member = spoiled[property] ?? Reflect.get(target, property, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  };
  return {
    ...memoryHarness,
    // Without "wakes", no case waits for a notification that a flaw suppresses.
    capabilities: ["setRunCount", "failAt"],
    async create() {
      const unit = await memoryHarness.create();
      return {
        ...unit,
        storage: spoil(unit.storage),
        another: async () => spoil(await unit.another()),
      };
    },
  };
}

const noop = () => Promise.resolve();

const flaws: [topic: string, flaw: string, Flaw][] = [
  [
    "opening",
    "returns a wrong instant from open()",
    () => ({ open: () => Promise.resolve({ now: 0 }) }),
  ],
  ["opening", "works after close", () => ({ close: noop })],
  ["persist", "loses the priority", (s) => ({
    persist: (tasks, options) =>
      s.persist(tasks.map((task) => ({ ...task, priority: 0 })), options),
  })],
  ["persist", "writes no first audit row", (s) => ({
    statusAudit: async (id, page) => {
      const { items, next } = await s.statusAudit(id, page);
      return { items: items.slice(1), next };
    },
  })],
  ["persist", "reports tasks as claimed for unknown workers", (s) => ({
    persist: async (tasks, options) => {
      const results = await s.persist(tasks, options);
      return results.map((result, n) => ({ ...result, claimed: tasks[n]!.claimFor !== null }));
    },
  })],
  ["task keys", "ignores keys", (s) => ({
    persist: (tasks, options) =>
      s.persist(tasks.map((task) => ({ ...task, taskKey: null })), options),
  })],
  ["claim", "claims tasks of every type", (s) => ({
    claim: (request) => s.claim({ ...request, types: [...request.types, "of-a-newer-version"] }),
  })],
  ["claim", "ignores the limit", (s) => ({
    claim: ({ queues, ...request }) =>
      s.claim({ ...request, queues: queues.map((queue) => ({ ...queue, limit: 1000 })) }),
  })],
  ["claim", "returns claimed tasks in reverse order", (s) => ({
    claim: async (request) => {
      const { now, tasks } = await s.claim(request);
      return { now, tasks: [...tasks].reverse() };
    },
  })],
  ["status changes", "stores only the last transition", (s) => ({
    setStatusMany: (changes, options) =>
      s.setStatusMany(
        changes.map((c) => ({ ...c, transitions: c.transitions.slice(-1) })),
        options,
      ),
  })],
  ["status changes", "ignores the instants of transitions", (s) => ({
    setStatusMany: (changes, options) =>
      s.setStatusMany(
        changes.map((c) => ({
          ...c,
          transitions: c.transitions.map((transition) => ({ ...transition, agoMs: 0 })),
        })),
        options,
      ),
  })],
  ["audit matrix", "treats the audit level Minimal as Full", (s) => ({
    setStatusMany: (changes, options) =>
      s.setStatusMany(
        changes.map((c) => ({
          ...c,
          auditLevel: c.auditLevel === "Minimal" ? "Full" : c.auditLevel,
        })),
        options,
      ),
  })],
  ["audit matrix", "audits runs at the audit level None", (s) => ({
    updateCurrentRunMany: (runs, options) =>
      s.updateCurrentRunMany(
        runs.map((run) => ({
          ...run,
          auditLevel: run.auditLevel === "None" ? "Minimal" : run.auditLevel,
        })),
        options,
      ),
  })],
  ["recurring runs", "counts skipped occurrences as runs", (s) => ({
    updateCurrentRun: (id, ms, next, level, options) =>
      s.updateCurrentRun(id, ms, next, level, { ...options, counts: true }),
  })],
  ["leases and fences", "ignores leases", (s) => ({
    setStatusMany: (changes, options) =>
      s.setStatusMany(changes.map(({ lease: _, ...change }) => change), options),
  })],
  ["lost workers", "never fails a task that was lost too often", (s) => ({
    releaseLost: (request) => s.releaseLost({ ...request, poisonLimit: 1e9 }),
  })],
  ["lost workers", "counts each loss as if the task had been running", (s) => ({
    async releaseLost(request) {
      const auditLevel = "None";
      const transitions = [{ status: "InProgress", exception: null, agoMs: 0 }] as const;
      for (const { id, workerId } of (await s.list()).items) {
        if (workerId !== null) await s.setStatusMany([{ taskId: id, auditLevel, transitions }]);
      }
      return await s.releaseLost(request);
    },
  })],
  ["lost workers", "treats live workers as lost", (s) => ({
    releaseLost: (request) => s.releaseLost({ ...request, leaseMs: -1 }),
  })],
  ["lost workers", "reports lost workers as alive", (s) => ({
    heartbeat: async (id, leaseMs) => ({ ...await s.heartbeat(id, leaseMs), alive: true }),
  })],
  ["cancel", "does not report cancel requests", (s) => ({
    heartbeat: async (id, leaseMs) => ({ ...await s.heartbeat(id, leaseMs), cancelRequests: [] }),
  })],
  ["release and make due", "does not release tasks", () => ({ release: noop })],
  ["release and make due", "releases tasks with a late due instant", (s) => ({
    release: (id, tasks) => s.release(id, tasks.map((task) => ({ ...task, dueAt: 4e12 }))),
  })],
  ["release and make due", "makes nothing due", () => ({
    makeDue: (ids) => Promise.resolve(ids.map(() => true)),
  })],
  ["changes by operators", "ignores versions", (s) => ({
    async editTasks(request) {
      const edits = await Promise.all(request.edits.map(async (edit) => (
        { ...edit, version: (await s.get(edit.taskId))?.version ?? "" }
      )));
      return await s.editTasks({ ...request, edits });
    },
  })],
  ["changes by operators", "returns the same version after a change", (s) => ({
    async get(id) {
      const task = await s.get(id);
      return task && { ...task, version: task.version.replace(/^\d+/, "0") };
    },
  })],
  ["operator actions", "records each batch as an action", (s) => ({
    editTasks: ({ batch, ...request }) =>
      s.editTasks({ ...request, ...batch && { batch: { ...batch, continues: null } } }),
  })],
  ["operator actions", "lists the actions of all operators", (s) => ({
    operatorActions: ({ by: _, ...filter } = {}, page) => s.operatorActions(filter, page),
  })],
  ["queues", "cannot pause", () => ({ setQueuePaused: noop })],
  [
    "queues",
    "does not know the next due instant",
    () => ({ nextDueAt: () => Promise.resolve(null) }),
  ],
  ["rate slots", "ignores the burst", (s) => ({
    takeRateSlots: (requests) => s.takeRateSlots(requests.map((r) => ({ ...r, burst: 1 }))),
  })],
  ["rate slots", "ignores the horizon", (s) => ({
    takeRateSlots: (requests) => s.takeRateSlots(requests.map((r) => ({ ...r, horizonMs: 1e12 }))),
  })],
  ["reading and paging", "lists the oldest first", (s) => ({
    list: async (filter, page) => {
      const { items, next } = await s.list(filter, page);
      return { items: [...items].reverse(), next };
    },
  })],
  ["reading and paging", "returns only one page", (s) => ({
    list: async (filter, page) => ({ ...await s.list(filter, page), next: null }),
  })],
  ["reading and paging", "ignores the filter", (s) => ({ list: (_, page) => s.list({}, page) })],
  ["awkward text", "drops U+0000 from exceptions", (s) => ({
    updateCurrentRun: (id, ms, next, level, { exception = null, ...options } = {}) =>
      s.updateCurrentRun(id, ms, next, level, {
        ...options,
        exception: exception?.replaceAll("\u0000", "") ?? null,
      }),
  })],
  ["awkward text", "ignores the case of keys", (s) => ({
    persist: (tasks, options) =>
      s.persist(
        tasks.map((task) => ({ ...task, taskKey: task.taskKey?.toLowerCase() ?? null })),
        options,
      ),
  })],
  ["execution logs", "stores log lines in reverse order", (s) => ({
    saveExecutionLogs: (lines) => s.saveExecutionLogs([...lines].reverse()),
  })],
  ["execution logs", "counts the lines of all runs", (s) => ({
    countExecutionLogs: async (id, _, limit) =>
      Math.min(limit, (await s.executionLogs(id, { limit: 1000 })).items.length),
  })],
  ["retention", "purges in a dry run", (s) => ({
    purge: (policy, options) => s.purge(policy, { ...options, dryRun: false }),
  })],
  ["retention", "ignores the budget", (s) => ({
    purge: (policy, options) => s.purge(policy, { ...options, budget: 1e9 }),
  })],
  ["concurrency", "returns a claimed task twice", (s) => {
    let before: readonly ClaimedTask[] = [];
    return {
      async claim(request) {
        const { now, tasks } = await s.claim(request);
        if (tasks.length === 0) return { now, tasks };
        const twice = [...tasks, ...before.slice(0, 1)];
        before = tasks;
        return { now, tasks: twice };
      },
    };
  }],
  ["faults", "does not mark transient errors", (s) => ({
    makeDue: (ids) => s.makeDue(ids).catch(() => Promise.reject(new Error("oops"))),
  })],
  ["faults", "writes a part of a failed batch", (s) => ({
    setStatusMany: async (changes, options) => {
      const first = await s.setStatusMany(changes.slice(0, 1), options);
      return [...first, ...await s.setStatusMany(changes.slice(1), options)];
    },
  })],
];

for (const [topic, flaw, spoil] of flaws) {
  Deno.test(`the suite detects a store that ${flaw}`, async () => {
    const cases = storageConformance(flawed(spoil)).filter((c) => c.topic === topic && !c.missing);
    assert(cases.length > 0, `there is a topic "${topic}"`);
    const failures = await Promise.all(
      cases.map((c) => c.run().then(() => null, (error) => error)),
    );
    const noticed = failures.filter((error) => error instanceof ConformanceError);
    assert(noticed.length > 0, `no case failed as it should; errors: ${failures}`);
  });
}

Deno.test("the names of cases are unique", () => {
  const names = storageConformance(memoryHarness).map((c) => `${c.topic}: ${c.name}`);
  assertEquals(new Set(names).size, names.length);
  assert(names.length > 150);
});

Deno.test("cases that need a missing capability are listed, and marked with it", () => {
  const { capabilities: _, ...bare } = memoryHarness;
  const missing = new Set(storageConformance(bare).map((c) => c.missing));
  assertEquals(
    [...missing].sort(),
    ["damage", "failAt", "setClockBack", "setRunCount", "transaction", "wakes", null].sort(),
  );
});

Deno.test("a store is disposed of after its case passes or fails", async () => {
  let disposed = 0;
  const harness: StorageHarness = {
    ...memoryHarness,
    async create() {
      const unit = await memoryHarness.create();
      return {
        ...unit,
        dispose: () => {
          disposed++;
          return unit.dispose();
        },
      };
    },
  };
  await storageConformance(harness)[0]!.run();
  assertEquals(disposed, 1);
  const failing: StorageHarness = {
    ...harness,
    async create() {
      const unit = await harness.create();
      const open = () => Promise.reject(new StorageUnavailableError("out of order"));
      return { ...unit, storage: { ...unit.storage, open } };
    },
  };
  await assertRejects(() => storageConformance(failing)[0]!.run(), StorageUnavailableError);
  assertEquals(disposed, 2);
});
