// The typed parameters of calls, and the conversion of answers.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { WorkerLostError } from "../../../src/storage/errors.ts";
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

Deno.test("a batch of changes is one call with a row per change and per transition", async () => {
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

Deno.test("every field of a task is converted when the task is read", async () => {
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
      tags: ["tenant:42"],
      version: "0.3",
    });
    const [request] = sent();
    assertEquals([request!.kind, types(request!)], ["query", { Key: "uniqueidentifier" }]);
  });
});

Deno.test("a list of series sends its filter as parameters, and reads one row more than the page", async () => {
  const answer = { recordsets: [rows(taskColumns, taskRow, taskRow)] };
  await withScript(() => answer, async ({ storage, sent }) => {
    const page = await storage.list({ recurring: true }, { limit: 1, after: otherId });
    assertEquals([page.items.length, page.next], [1, taskId]);
    const [request, ...more] = sent();
    assertEquals(more, []);
    assertEquals(values(request!), { Rows: 2, After: otherId });
    // The index of the series is used only with this condition in the text.
    assert(request!.text.includes("t.[IsRecurring] = 1"));
  });
});

Deno.test("a search first reads the id at which it ends, and sends its texts as parameters", async () => {
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
    assertEquals(values(where!), { Skipped: 4_999 });
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

Deno.test("a search for the oldest tasks reads in reverse order", async () => {
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

Deno.test("claimed tasks come in the second recordset; an unknown worker gets an error", async () => {
  const state = { Now: "instant", Known: "bit" } as const;
  const request = { workerId: "w", types: ["a"], queues: [{ name: "q", limit: 3 }] };
  const claimed = taskRow.with(13, serverNow - 5);
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

Deno.test("a purge runs in steps of ten thousand until its budget is used up", async () => {
  const counts = columns(
    "StatusAudit int, RunsAudit int, ExecutionLog int, Tasks int, OperatorActions int, Done int, " +
      "Busy int, ActionId bigint, Walk int, AfterUtc text, AfterNumber bigint",
  );
  const answer = ({ parameters }: TdsRequest) => ({
    recordsets: [
      rows(counts, [parameters.Limit!.value, 0, 0, 0, 0, 0, 0, null, 1, "2030-01-01", 5]),
    ],
  });
  await withScript(answer, async ({ storage, sent }) => {
    const result = await storage.purge({ statusAuditDays: 30 }, { budget: 25_000 });
    assertEquals([result.statusAudit, result.done, result.busy], [25_000, false, false]);
    assertEquals(sent().map(({ parameters }) => parameters.Limit!.value), [10_000, 10_000, 5000]);
  });
});
