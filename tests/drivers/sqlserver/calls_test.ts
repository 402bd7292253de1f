// What each verb sends: one call of one procedure, with typed parameters; and how the answers are
// read.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import { WorkerLostError } from "../../../src/storage/errors.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { slotRequest } from "../../support/new_task.ts";
import type { TdsRequest } from "../../support/tds_server/server.ts";
import type { TableValue } from "../../support/tds_server/types.ts";
import { applied, columns, rows, serverNow, withScript } from "./scripted.ts";
import { otherId, task, taskColumns, taskId, taskRow } from "./scripted_task.ts";

/** Each parameter's type. */
function types({ parameters }: TdsRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { type }]) => [name, type]));
}

/** Each parameter's value. */
function values({ parameters }: TdsRequest): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value]));
}

function table(request: TdsRequest, parameter: string): TableValue {
  return request.parameters[parameter]!.value as TableValue;
}

/** A verb, what it calls, and what the server answers. */
const verbs: [verb: string, call: (storage: Storage) => Promise<unknown>, procedure: string][] = [
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
  ],
  ["requestCancel", (s) => s.requestCancel([taskId]), "usp_RequestCancel"],
  ["release", (s) => s.release("w", [{ taskId, token: 1, dueAt: 0 }]), "usp_ReleaseTasks"],
  ["releaseUnknown", (s) => s.releaseUnknown("w", [taskId]), "usp_ReleaseUnknown"],
  ["makeDue", (s) => s.makeDue([taskId]), "usp_MakeDue"],
  ["nextDueAt", (s) => s.nextDueAt(["q"], ["a"]), "usp_NextDueAt"],
  ["registerWorker", (s) => s.registerWorker({ id: "w", host: "h" }), "usp_RegisterWorker"],
  ["heartbeat", (s) => s.heartbeat("w", 1000), "usp_Heartbeat"],
  ["unregisterWorker", (s) => s.unregisterWorker("w"), "usp_UnregisterWorker"],
  [
    "releaseLost",
    (s) => s.releaseLost({ leaseMs: 1, poisonLimit: 5, lostReason: "l", poisonReason: "p" }),
    "usp_ReleaseLost",
  ],
  ["setQueuePaused", (s) => s.setQueuePaused("q", true), "usp_SetQueuePaused"],
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
  ["purge", (s) => s.purge({ statusAuditDays: 1 }, { budget: 10 }), "usp_Purge"],
];

/** Recordsets that any of them can read. */
const anyAnswer = {
  recordsets: [
    rows(
      columns(
        "Id id, Outcome text, Claimed bit, Now instant, Known bit, Applied int, Due int, " +
          "DueAtUtc instant, Alive bit, OthersLost bit, NowMs float, Released int, Done bit, " +
          "Busy bit, TaskId id, Type text, QueueName text, WorkerId text",
      ),
      [
        ...[taskId, "created", true, serverNow, true, 1, 1, null, true, false, serverNow],
        ...[0, true, false, taskId, "a", "q", "w"],
      ],
    ),
    rows({ TaskId: "id" }),
    rows({ QueueName: "text" }),
  ],
};

for (const [verb, call, procedure] of verbs) {
  Deno.test(`${verb} is one call of ${procedure}: one round trip, and no transaction around it`, async () => {
    await withScript(() => anyAnswer, async ({ storage, sent }) => {
      await call(storage);
      assertEquals(sent().map(({ kind, text }) => [kind, text]), [
        ["call", `[EverTask].[${procedure}]`],
      ]);
    });
  });
}

Deno.test("an empty list costs no round trip", async () => {
  await withScript(() => anyAnswer, async ({ storage, sent }) => {
    assertEquals(await storage.persist([]), []);
    assertEquals(await storage.setStatusMany([]), []);
    assertEquals(await storage.updateCurrentRunMany([]), []);
    assertEquals(await storage.requestCancel([]), []);
    assertEquals(await storage.makeDue([]), []);
    assertEquals((await storage.takeRateSlots([])).slots, []);
    assertEquals(await storage.nextDueAt([], ["a"]), null);
    await storage.release("w", []);
    await storage.saveExecutionLogs([]);
    assertEquals(sent().filter(({ text }) => !text.includes("RateSlots")), []);
  });
});

Deno.test("a status change is sent as typed parameters", async () => {
  await withScript(() => applied, async ({ storage, sent }) => {
    const result = await storage.setStatus(taskId, "Pending", "It's \u0000 late", "ErrorsOnly", {
      lease: { workerId: "worker-a", token: 2 ** 40 },
      dueInMs: 1500.4,
      executionTimeMs: 12.25,
      returnAttempt: true,
      rateSlotAt: serverNow,
      agoMs: 3,
    });
    assertEquals(result, { applied: true });
    assertEquals(types(sent()[0]!), {
      TaskId: "uniqueidentifier",
      Status: "nvarchar(15)",
      Exception: "nvarchar(max)",
      AuditLevel: "int",
      ExecutionTimeMs: "float",
      AgoMs: "bigint",
      WorkerId: "nvarchar(100)",
      LeaseToken: "bigint",
      DueInMs: "bigint",
      ReturnAttempt: "bit",
      RateSlotUtc: "datetimeoffset(3)",
    });
    assertEquals(values(sent()[0]!), {
      TaskId: taskId,
      Status: "Pending",
      Exception: "It's \u0010@ late",
      AuditLevel: 2,
      ExecutionTimeMs: 12.25,
      AgoMs: 3,
      WorkerId: "worker-a",
      LeaseToken: 2 ** 40,
      DueInMs: 1500,
      ReturnAttempt: true,
      RateSlotUtc: "2026-11-22T12:00:00.123Z",
    });
  });
});

Deno.test("a batch of changes is one call with a row a change and a row a transition", async () => {
  const answer = { recordsets: [rows({ Applied: "int" }, [1], [0])] };
  await withScript(() => answer, async ({ storage, sent }) => {
    const results = await storage.setStatusMany([
      {
        taskId,
        auditLevel: "Full",
        transitions: [
          { status: "InProgress", exception: null, agoMs: 20 },
          { status: "Failed", exception: "Oh!", agoMs: 0 },
        ],
        lease: { workerId: "w", token: 7 },
      },
      {
        taskId: otherId,
        auditLevel: "None",
        transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
        executionTimeMs: 3,
      },
    ]);
    assertEquals(results, [{ applied: true }, { applied: false }]);
    const [request] = sent();
    assertEquals(types(request!), {
      Changes: "[EverTask].[StatusChangeList]",
      Steps: "[EverTask].[StatusStepList]",
    });
    assertEquals(table(request!, "Changes").rows, [
      [taskId, 0, 1, 0, "w", 7, null, false, null, null],
      [otherId, 1, 0, 3, null, null, null, false, null, 3],
    ]);
    assertEquals(table(request!, "Steps").rows, [
      [0, 0, "InProgress", null, 20],
      [0, 1, "Failed", "Oh!", 0],
      [1, 0, "Completed", null, 0],
    ]);
    assertEquals(table(request!, "Steps").columns, [
      ...["int", "int", "nvarchar(15)", "nvarchar(max)", "bigint"],
    ]);
  });
});

Deno.test("a new task is a typed row, with its texts escaped where the server needs it", async () => {
  const answer = {
    recordsets: [
      rows({ Id: "id", Outcome: "text", Claimed: "int" }, [otherId, "existing", 0]),
    ],
  };
  await withScript(() => answer, async ({ storage, sent }) => {
    assertEquals(await storage.persist([task]), [
      { id: otherId, outcome: "existing", claimed: false },
    ]);
    const tasks = table(sent()[0]!, "Tasks");
    assertEquals([tasks.schema, tasks.name], ["EverTask", "NewTaskList"]);
    assertEquals(tasks.rows, [[
      ...[1, taskId, "send-email", "Send an e-mail", '{"to":"ada@example.org"}', "WaitingQueue"],
      ...[null, "2027-01-01T00:00:00.500Z", 1, "email \u0010", -3, "key\u0010@", null, null],
      ...[
        null,
        true,
        "{}",
        "always",
        "1970-01-01T00:00:00.000Z",
        null,
        null,
        "2027-01-01T00:00:00.000Z",
      ],
    ]]);
  });
});

Deno.test("a task is read with every field in its form", async () => {
  const answer = { recordsets: [rows(taskColumns, taskRow)] };
  await withScript(() => answer, async ({ storage, sent }) => {
    assertEquals(await storage.get(taskId.toUpperCase()), {
      id: taskId,
      type: "send-email",
      handlerName: "Send",
      payload: "{}",
      status: "Completed",
      exception: null,
      auditLevel: "Full",
      queue: "email ",
      priority: -3,
      taskKey: "key\u0000",
      createdAt: serverNow,
      scheduledAt: null,
      dueAt: null,
      lastExecutionAt: serverNow + 1,
      executionTimeMs: 1.5,
      attempt: 2,
      lostCount: 1,
      workerId: null,
      leaseToken: 3,
      cancelRequested: false,
      rateSlotAt: null,
      traceContext: null,
      retryPolicy: null,
      series: {
        schedule: "{}",
        info: "always",
        anchorAt: serverNow,
        maxRuns: null,
        runUntil: null,
        nextRunAt: serverNow + 5,
        runCount: 7,
      },
    });
    const [request] = sent();
    assertEquals([request!.kind, types(request!)], ["query", { Key: "uniqueidentifier" }]);
  });
});

Deno.test("a list of series sends what it filters by as parameters, and asks for one row more than the page", async () => {
  const answer = { recordsets: [rows(taskColumns, taskRow, taskRow)] };
  await withScript(() => answer, async ({ storage, sent }) => {
    const page = await storage.list({ recurring: true }, { limit: 1, after: otherId });
    assertEquals([page.items.length, page.next], [1, taskId]);
    const [request, ...more] = sent();
    assertEquals(more, []);
    assertEquals(values(request!), { Rows: 2, After: otherId });
    // The index of the series is used where the text says so.
    assert(request!.text.includes("t.[IsRecurring] = 1"));
  });
});

Deno.test("a search first asks where to stop, and sends what it looks for as parameters", async () => {
  const filter = {
    ids: [taskId],
    types: ["a'; DROP TABLE x; --", "b "],
    queues: [],
    taskKeyPrefix: "report ",
    exceptionContains: "100 %",
    createdFrom: 0,
    dueBefore: 5,
    executedFrom: 7,
  };
  const looked = {
    Id0: taskId,
    Type0: "a'; DROP TABLE x; --",
    Type1: "b \u0010",
    Prefix: "report ",
    Part: "100 %",
    CreatedFrom: "1970-01-01T00:00:00.000Z",
    DueBefore: "1970-01-01T00:00:00.005Z",
    ExecutedFrom: "1970-01-01T00:00:00.007Z",
  };
  const answer = { recordsets: [rows({ Id: "id" }, [otherId])] };
  await withScript(() => answer, async ({ storage, sent }) => {
    const { ids: _, ...other } = filter;
    const { Id0: __, ...lookedFor } = looked;
    assertEquals(await storage.count(other, { cap: 5 }), { count: 1, next: otherId });
    const [where, search] = sent();
    assertEquals(values(where!), { Skipped: 9_999 });
    assert(where!.text.includes("ORDER BY t.[IdOrder] DESC OFFSET @Skipped ROWS"), where!.text);
    assertEquals(values(search!), { ...lookedFor, LastRead: otherId, Rows: 6 });
    assert(!search!.text.includes("DROP"));
    assert(search!.text.includes("t.[IdOrder] >= "));
  });
  await withScript(() => answer, async ({ storage, sent }) => {
    assertEquals(await storage.count(filter, { cap: 1, after: taskId }), { count: 1, next: null });
    const [search, ...more] = sent();
    assertEquals(more, []);
    assertEquals(values(search!), { ...looked, After: taskId, Rows: 2 });
  });
});

Deno.test("a search for the oldest goes the other way", async () => {
  const answer = { recordsets: [rows({ Id: "id" }, [otherId])] };
  await withScript(() => answer, async ({ storage, sent }) => {
    const page = { order: "oldest", after: taskId } as const;
    await storage.list({ statuses: ["Failed"], recurring: false }, page).catch(() => {});
    const [where, search] = sent();
    for (const request of [where!, search!]) {
      assert(request.text.includes("t.[IdOrder] > "), request.text);
      assert(request.text.includes("ORDER BY t.[IdOrder] ASC"), request.text);
      assert(request.text.includes("t.[IsRecurring] = 0"), request.text);
    }
    assert(search!.text.includes("t.[IdOrder] <= "), search!.text);
  });
});

Deno.test("claimed tasks come in the second recordset; a worker that is not known is told", async () => {
  const state = { Now: "instant", Known: "bit" } as const;
  const request = { workerId: "w", types: ["a"], queues: [{ name: "q", limit: 3 }] };
  const claimed = taskRow.with(12, serverNow - 5);
  let known = true;
  await withScript(
    () => ({ recordsets: [rows(state, [serverNow, known]), rows(taskColumns, claimed)] }),
    async ({ storage, sent }) => {
      const { now, tasks } = await storage.claim(request);
      assertEquals([now, tasks[0]!.dueAt, tasks[0]!.leaseToken], [serverNow, serverNow - 5, 3]);
      assertEquals(table(sent()[0]!, "Queues").rows, [[0, "q", 3]]);
      assertEquals(table(sent()[0]!, "Types").rows, [[0, "a", null]]);
      known = false;
      await assertRejects(() => storage.claim(request), WorkerLostError);
    },
  );
});

Deno.test("a name that is too long for its column is refused before anything is sent", async () => {
  await withScript(() => anyAnswer, async ({ storage, sent }) => {
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

Deno.test("a purge goes on in steps of a thousand until its budget is used up", async () => {
  const counts = columns(
    "StatusAudit int, RunsAudit int, ExecutionLog int, Tasks int, Done int, Busy int",
  );
  const answer = ({ parameters }: TdsRequest) => ({
    recordsets: [rows(counts, [parameters.Limit!.value, 0, 0, 0, 0, 0])],
  });
  await withScript(answer, async ({ storage, sent }) => {
    const result = await storage.purge({ statusAuditDays: 30 }, { budget: 2500 });
    assertEquals([result.statusAudit, result.done, result.busy], [2500, false, false]);
    assertEquals(sent().map(({ parameters }) => parameters.Limit!.value), [1000, 1000, 500]);
  });
});
