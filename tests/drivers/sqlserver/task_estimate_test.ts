// The sample of a large table of SQL Server: which tasks are read, and how they are counted.

import { assertEquals } from "@std/assert";
import { endedStatuses, taskStatuses } from "../../../src/storage/task_status.ts";
import type { TdsRequest } from "../../support/tds_server/server.ts";
import { type Answer, rows, serverNow, withScript } from "./scripted.ts";

const idEndingWith = (digits: string) => `ffffffff-ffff-7fff-bfff-${digits}`;

/** Answers as a table of `tasks` tasks, of which `waiting` ones wait. */
function tableOf(tasks: number, waiting: number): Answer {
  const byStatus = { Status: "text", Tasks: "int" } as const;
  const backlog = [
    rows({ Now: "instant" }, [serverNow]),
    rows({ QueueName: "text", Due: "int", Scheduled: "int", OldestDueAtUtc: "instant" }, [
      ...["email", waiting, 0, serverNow],
    ]),
    rows({ QueueName: "text" }),
    rows({ QueueName: "text", Status: "text", Tasks: "int" }, ["email", "InProgress", 7]),
  ];
  const size = rows(
    { Tasks: "bigint", First: "id", Last: "id" },
    [tasks, idEndingWith("000000001000"), idEndingWith("000000101000")],
  );
  return ({ text }) => {
    if (text.includes("sys.partitions")) return { recordsets: [size] };
    if (!text.includes("@MostOfPlace")) {
      return { recordsets: [...backlog, rows(byStatus, ["Queued", waiting])] };
    }
    return {
      recordsets: [
        ...backlog,
        rows(byStatus, ["Queued", waiting - 1], ["Failed", 1]),
        rows(byStatus, ["WaitingQueue", 3]),
        rows(
          { Status: "text", Waits: "int", IsClaimed: "int", Tasks: "int" },
          ...[["Completed", 0, 0, 3000], ["Failed", 0, 0, 500], ["Failed", 1, 0, 100]],
          ...[["Queued", 1, 0, 380], ["Failed", 0, 1, 10], ["WaitingQueue", 0, 0, 10]],
        ),
      ],
    };
  };
}

/** Returns the places of a request: the last digits of the ids at which they start. */
function startsOf({ parameters }: TdsRequest): string[] {
  return String(parameters.Starts!.value).match(/.{12}/g)!;
}

const counts = (found: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(found).filter(([, number]) => number !== 0));

Deno.test("ended tasks of a large table are estimated from places that are evenly spread over the ids", async () => {
  await withScript(tableOf(400_000, 10_000), async ({ storage, sent }) => {
    const { tasksByStatus, estimated, queues } = await storage.statistics();
    assertEquals(estimated, endedStatuses);
    // Each of 4,000 tasks of the sample is one of a hundred.
    assertEquals(counts(tasksByStatus), {
      ...{ Completed: 300_000, Failed: 50_001, Queued: 9_999, WaitingQueue: 3, InProgress: 7 },
    });
    assertEquals(queues.map(({ queue, due, claimed }) => [queue, due, claimed]), [
      ["email", 10_000, 7],
    ]);
    const starts = startsOf(sent()[1]!);
    assertEquals(starts.length, 256);
    assertEquals(starts.slice(0, 3), ["000000001000", "000000002000", "000000003000"]);
    assertEquals(starts.at(-1), "000000100000");
  });
});

Deno.test("more than 10,000 waiting tasks are estimated, too", async () => {
  await withScript(tableOf(400_000, 10_001), async ({ storage }) => {
    const { tasksByStatus, estimated } = await storage.statistics();
    assertEquals(estimated, taskStatuses.filter((status) => status !== "InProgress"));
    assertEquals(counts(tasksByStatus), {
      ...{ Completed: 300_000, Failed: 60_000, Queued: 38_000, WaitingQueue: 3, InProgress: 7 },
    });
  });
});

Deno.test("a small table is counted, and a large one on request without a look at its size", async () => {
  for (const [tasks, exact, requests] of [[100_000, false, 2], [400_000, true, 1]] as const) {
    await withScript(tableOf(tasks, 5), async ({ storage, sent }) => {
      const { tasksByStatus, estimated } = await storage.statistics({ exact });
      assertEquals(estimated, []);
      assertEquals(counts(tasksByStatus), { Queued: 5 });
      assertEquals(sent().length, requests);
    });
  }
});
