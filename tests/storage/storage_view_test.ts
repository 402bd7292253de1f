// Tests the notifications between the views of a storage, and when the storage is closed.

import { assertEquals } from "@std/assert";
import type { RowEdit, StatusChange, TasksEdit, WakeSignal } from "../../src/storage/requests.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { viewOf } from "../../src/storage/storage_view.ts";

/**
 * A storage with scripted answers, and two views of it. `heard` has the notifications of each view.
 */
function scene(answers: Partial<Record<keyof Storage, unknown>> = {}) {
  const calls: string[] = [];
  const storage = new Proxy({} as Storage, {
    get: (_, verb: keyof Storage) => {
      if (verb === "onWake") return () => () => {};
      return (..._args: unknown[]) => {
        calls.push(verb);
        return Promise.resolve(answers[verb]);
      };
    },
  });
  const [own, other] = [viewOf(storage), viewOf(storage)];
  const heard: { own: WakeSignal[]; other: WakeSignal[] } = { own: [], other: [] };
  own.onWake((signal) => heard.own.push(signal));
  const endListening = other.onWake((signal) => heard.other.push(signal));
  return { storage, own, other, heard, calls, endListening };
}

/** Returns the request of an operator to change task `a`. */
function edit(change: RowEdit): TasksEdit {
  const target = { kind: "task", id: "a" } as const;
  return {
    edits: [{ taskId: "a", version: "1", change }],
    action: { verb: "edit", by: "ada", reason: null, target, before: null, after: null },
  };
}

const tasks: WakeSignal = { kind: "tasks" };
const change = (dueInMs?: number): StatusChange => ({
  taskId: "x",
  auditLevel: "Full",
  transitions: [],
  ...dueInMs === undefined ? {} : { dueInMs },
});
const stored = (claimed: boolean) => ({ id: "x", outcome: "created", claimed });

type Call = (storage: Storage) => Promise<unknown>;
const news: [what: string, call: Call, answer: [keyof Storage, unknown], told: WakeSignal[]][] = [
  ["stores a task that waits", (s) => s.persist([]), ["persist", [stored(true), stored(false)]], [
    tasks,
  ]],
  ["stores a task that it claims at once", (s) => s.persist([]), ["persist", [stored(true)]], []],
  ["ends a task", (s) => s.setStatusMany([change()]), ["setStatusMany", []], []],
  ["postpones a task", (s) => s.setStatusMany([change(), change(5)]), ["setStatusMany", []], [
    tasks,
  ]],
  ["ends a run", (s) => s.updateCurrentRunMany([]), ["updateCurrentRunMany", []], [tasks]],
  ["releases tasks", (s) => s.release("x", []), ["release", undefined], [tasks]],
  ["finds no unknown task to release", (s) => s.releaseUnknown("x", []), ["releaseUnknown", 0], []],
  ["releases unknown tasks", (s) => s.releaseUnknown("x", []), ["releaseUnknown", 1], [tasks]],
  ["makes a task due", (s) => s.makeDue(["x"]), ["makeDue", [true]], [tasks]],
  ["cancels a waiting task", (s) => s.requestCancel(["x"]), ["requestCancel", [
    "cancelled",
  ]], []],
  [
    "requests the cancellation of tasks",
    (s) => s.requestCancel(["a", "b", "c"]),
    ["requestCancel", ["requested", "ended", "requested"]],
    [{ kind: "cancel", taskIds: ["a", "c"] }],
  ],
  [
    "makes a task due for an operator",
    (s) => s.editTasks(edit({ due: "soonest" })),
    ["editTasks", { actionId: "1", applied: [true] }],
    [{ kind: "tasks" }],
  ],
  [
    "asks to cancel a task for an operator",
    (s) => s.editTasks(edit({ cancelRequested: true })),
    ["editTasks", { actionId: "1", applied: [true] }],
    [{ kind: "cancel", taskIds: ["a"] }],
  ],
  [
    "changes nothing for an operator",
    (s) => s.editTasks(edit({ due: "soonest" })),
    ["editTasks", { actionId: null, applied: [false] }],
    [],
  ],
  ["pauses a queue", (s) => s.setQueuePaused("x", true), ["setQueuePaused", undefined], [{
    kind: "queues",
  }]],
];
for (const [what, call, [verb, answer], told] of news) {
  const effect = told.length > 0 ? "notifies the other views, and not itself" : "notifies no view";
  Deno.test(`a view that ${what} ${effect}`, async () => {
    const { own, heard, endListening } = scene({ [verb]: answer });
    assertEquals(await call(own), answer);
    assertEquals(heard, { own: [], other: told });
    endListening();
    await call(own);
    assertEquals(heard.other, told, "it no longer listens");
  });
}

Deno.test("a storage object is closed with the last of its views", async () => {
  const { own, other, calls } = scene({ open: { now: 0 } });
  await own.open();
  await other.open();
  await own.close();
  assertEquals(calls, ["open", "open"]);
  await other.close();
  assertEquals(calls, ["open", "open", "close"]);
});

Deno.test("a view waits for a pending close before it opens the storage again", async () => {
  const order: string[] = [];
  const closing = Promise.withResolvers<void>();
  const storage = {
    open() {
      order.push("open");
      return Promise.resolve({ now: 0 });
    },
    close: () => closing.promise.then(() => void order.push("closed")),
  } as unknown as Storage;
  const [own, other] = [viewOf(storage), viewOf(storage)];
  await own.open();
  const closed = own.close();
  const opened = other.open();
  await Promise.resolve();
  closing.resolve();
  await Promise.all([closed, opened]);
  assertEquals(order, ["open", "closed", "open"]);
});
