// Each method calls one procedure once, and most methods do not call it for an empty array.

import { assertEquals, assertRejects } from "@std/assert";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { slotRequest } from "../../support/new_task.ts";
import { columns, rows, serverNow, withScript } from "./scripted.ts";
import { otherId, task, taskId } from "./scripted_task.ts";

const action = {
  verb: "edit",
  by: "ada",
  reason: null,
  target: { kind: "task", id: taskId },
  before: null,
  after: null,
} as const;

/** A method, its procedure, and the number of rows in the answer, if not one. */
const verbs: [
  verb: string,
  call: (storage: Storage) => Promise<unknown>,
  procedure: string,
  answers?: number,
][] = [
  ["persist", (s) => s.persist([task, task]), "usp_PersistTasks"],
  [
    "claim",
    (s) => s.claim({ workerId: "w", types: ["a"], queues: [{ name: "q", limit: 5 }] }),
    "usp_ClaimTasks",
  ],
  ["setStatus", (s) => s.setStatus(taskId, "Failed", "Oh!", "Full"), "usp_SetTaskStatus"],
  [
    "setStatusMany",
    (s) =>
      s.setStatusMany([taskId, otherId].map((taskId) => ({
        taskId,
        auditLevel: "Full",
        transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
      }))),
    "usp_SetTaskStatuses",
    2,
  ],
  ["updateCurrentRun", (s) => s.updateCurrentRun(taskId, 5, null, "Full"), "usp_UpdateCurrentRun"],
  [
    "updateCurrentRunMany",
    (s) =>
      s.updateCurrentRunMany([taskId, otherId].map((taskId) => ({
        taskId,
        auditLevel: "Full",
        transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
        executionTimeMs: 1,
        nextRunAt: null,
      }))),
    "usp_UpdateCurrentRuns",
    2,
  ],
  ["requestCancel", (s) => s.requestCancel([taskId]), "usp_RequestCancel"],
  ["release", (s) => s.release("w", [{ taskId, token: 1, dueAt: 0 }]), "usp_ReleaseTasks"],
  ["releaseUnknown", (s) => s.releaseUnknown("w", [taskId]), "usp_ReleaseUnknown"],
  ["makeDue", (s) => s.makeDue([taskId]), "usp_MakeDue"],
  ["nextDueAt", (s) => s.nextDueAt(["q"], ["a"]), "usp_NextDueAt"],
  ["registerWorker", (s) => s.registerWorker({ id: "w", host: "h" }), "usp_RegisterWorker"],
  ["heartbeat", (s) => s.heartbeat("w", 1000), "usp_Heartbeat"],
  ["drainWorker", (s) => s.drainWorker("w", action), "usp_DrainWorker"],
  ["releaseRateLimit", (s) => s.releaseRateLimit("k", action), "usp_ReleaseRateLimit"],
  ["unregisterWorker", (s) => s.unregisterWorker("w"), "usp_UnregisterWorker"],
  [
    "releaseLost",
    (s) => s.releaseLost({ leaseMs: 1, poisonLimit: 5, lostReason: "l", poisonReason: "p" }),
    "usp_ReleaseLost",
  ],
  ["setQueuePaused", (s) => s.setQueuePaused("q", true), "usp_SetQueuePaused"],
  [
    "setQueuePaused with an action",
    (s) => s.setQueuePaused("q", true, action),
    "usp_SetQueuePausedBy",
  ],
  [
    "editTasks",
    (s) => s.editTasks({ edits: [], action }),
    "usp_EditTasks",
  ],
  [
    "takeRateSlots",
    (s) => s.takeRateSlots([slotRequest({ emissionIntervalMs: 0.5, burst: 2 })]),
    "usp_TakeRateSlots",
  ],
  [
    "saveExecutionLogs",
    (s) =>
      s.saveExecutionLogs([
        { taskId, level: "Warning", message: "m", exception: null, run: 1, agoMs: 0 },
      ]),
    "usp_SaveExecutionLogs",
  ],
  [
    "watchEvents",
    (s) => s.watchEvents({ id: "w", parameters: true, forMs: 1000 }),
    "usp_WatchEvents",
  ],
  ["unwatchEvents", (s) => s.unwatchEvents("w"), "usp_UnwatchEvents"],
  [
    "publishEvents",
    (s) => {
      const numbers = { since: 0, upTo: 1 };
      return s.publishEvents({
        writerId: "w",
        host: "h",
        workerId: null,
        events: "[]",
        ...numbers,
      });
    },
    "usp_PublishEvents",
    0,
  ],
  [
    "readEvents",
    (s) => s.readEvents({ after: new Map([["w", 1]]), exceptFrom: "w", limit: 5 }),
    "usp_ReadEvents",
  ],
  ["sweepEvents", (s) => s.sweepEvents(), "usp_SweepEvents"],
  ["purge", (s) => s.purge({ statusAuditDays: 1 }, { budget: 10 }), "usp_Purge"],
];

/** Returns recordsets that any method can read. The first one has `count` rows. */
function anyAnswer(count = 1) {
  const row = [
    ...[taskId, "created", true, serverNow, true, 1, 1, null, true, false, serverNow],
    ...[0, true, false, taskId, "a", "q", "w", 0, 0, 0, 0, 0, null, true, 0],
  ];
  return {
    recordsets: [
      rows(
        columns(
          "Id id, Outcome text, Claimed bit, Now instant, Known bit, Applied int, Due int, " +
            "DueAtUtc instant, Alive bit, OthersLost bit, NowMs float, Released int, Done bit, " +
            "Busy bit, TaskId id, Type text, QueueName text, WorkerId text, StatusAudit int, " +
            "RunsAudit int, ExecutionLog int, Tasks int, OperatorActions int, ActionId bigint, Began bit, Swept int",
        ),
        ...Array.from({ length: count }, () => row),
      ),
      rows({ TaskId: "id" }),
      rows({ QueueName: "text" }),
      rows({ Id: "text", Parameters: "bit" }),
    ],
  };
}

for (const [verb, call, procedure, answers] of verbs) {
  Deno.test(`${verb} is one call of ${procedure}: one round trip, and no transaction around it`, async () => {
    await withScript(() => anyAnswer(answers), async ({ storage, sent }) => {
      await call(storage);
      assertEquals(sent().map(({ kind, text }) => [kind, text]), [
        ["call", `[EverTask].[${procedure}]`],
      ]);
    });
  });
}

Deno.test("an empty array costs no round trip, except for takeRateSlots", async () => {
  await withScript(() => anyAnswer(), async ({ storage, sent }) => {
    assertEquals(await storage.persist([]), []);
    assertEquals(await storage.setStatusMany([]), []);
    assertEquals(await storage.updateCurrentRunMany([]), []);
    assertEquals(await storage.requestCancel([]), []);
    assertEquals(await storage.makeDue([]), []);
    assertEquals((await storage.takeRateSlots([])).slots, []);
    assertEquals(await storage.nextDueAt([], ["a"]), null);
    await storage.release("w", []);
    await storage.saveExecutionLogs([]);
    // takeRateSlots also returns the server's clock, and therefore calls the server.
    assertEquals(sent().filter(({ text }) => !text.includes("RateSlots")), []);
  });
});

Deno.test("a name that is too long for its column is rejected before anything is sent", async () => {
  await withScript(() => anyAnswer(), async ({ storage, sent }) => {
    for (
      const wrong of [{ type: "t".repeat(501) }, { queue: "q".repeat(201) }, {
        taskKey: "k".repeat(201),
      }]
    ) {
      await assertRejects(() => storage.persist([{ ...task, ...wrong }]), InvalidArgumentError);
    }
    assertEquals(sent(), []);
  });
});
