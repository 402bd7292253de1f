// The statistics of a large table: ended tasks are estimated without reading them, and unfinished
// ones are counted.

import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import type { StorageStatistics } from "../../../src/storage/queries.ts";
import { endedStatuses, taskStatuses } from "../../../src/storage/task_status.ts";
import { newTask } from "../../support/new_task.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { readRows, watchPlans } from "./plan_watch.ts";
import { claimRequest, connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** More than 32 MB of tasks: most have ended, every tenth has completed a run and waits for the next. */
const fill = `
  SET synchronous_commit = off;
  ALTER TABLE evertask.queued_tasks SET (autovacuum_enabled = off);
  INSERT INTO evertask.queued_tasks (id, type, handler, request, status, queue_name, priority, created_at_utc,
    claim_rank, due_at_utc, last_execution_utc, exception, is_recurring, is_paused)
  SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'send-email', 'SendEmail', '{}',
    CASE WHEN i = 2 THEN 'WaitingQueue' WHEN i % 10 = 0 THEN 'Failed' WHEN i % 10 = 1 THEN 'Cancelled' ELSE 'Completed' END,
    'default', 0, now(), (i = 2)::int, CASE WHEN i % 10 = 5 THEN now() + interval '1 day' END, now(),
    CASE WHEN i % 10 = 0 THEN repeat('refused ', 30) END, i = 2, CASE WHEN i = 2 THEN true END
  FROM generate_series(1, 110000) AS i`;

const unfinished = taskStatuses.filter((status) => !endedStatuses.includes(status));

const byName = (one: { queue: string }, other: { queue: string }) =>
  one.queue < other.queue ? -1 : 1;

Deno.test("statistics estimate the ended tasks of a large table, and count all others", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using admin = connect(url);
  await using plans = watchPlans(url);
  await using watched = await openStorage({ sql: plans.sql, notify: false });
  await admin.unsafe(fill).simple();
  await storage.persist([newTask(), newTask(), newTask(), newTask({ queue: "email" })]);
  await storage.registerWorker({ id: "worker", host: "example.org" });
  const { tasks } = await storage.claim(claimRequest("worker", 3));
  await storage.setStatus(tasks[0]!.id, "InProgress", null, "None");
  await storage.setStatus(tasks[1]!.id, "Pending", null, "None"); // it waits again

  // The activity statistics of the server know few of the rows, as after a crash.
  await admin`SELECT pg_stat_force_next_flush()`;
  await admin`SELECT pg_stat_reset_single_table_counters('evertask.queued_tasks'::regclass)`;
  await admin`
    INSERT INTO evertask.queued_tasks (id, type, handler, request, status, queue_name, priority, created_at_utc, claim_rank)
    VALUES (gen_random_uuid(), 'send-email', 'SendEmail', '{}', 'Completed', 'default', 0, now(), 0)`;
  await admin`SELECT pg_stat_force_next_flush()`;

  const counted = await storage.statistics({ exact: true });
  assertEquals(counted, {
    now: counted.now,
    tasksByStatus: {
      WaitingQueue: 1,
      Queued: 2,
      InProgress: 1,
      Pending: 1,
      Cancelled: 11_000,
      Completed: 88_000,
      Failed: 11_000,
      ServiceStopped: 0,
    },
    estimated: [],
    queues: counted.queues,
  });

  const check = ({ tasksByStatus, estimated, queues }: StorageStatistics, accuracy: number) => {
    assertEquals(estimated, endedStatuses);
    for (const status of unfinished) {
      assertEquals(tasksByStatus[status], counted.tasksByStatus[status], status);
    }
    for (const status of endedStatuses) {
      const expected = counted.tasksByStatus[status];
      assertAlmostEquals(tasksByStatus[status], expected, expected * accuracy, status);
    }
    assertEquals(queues.toSorted(byName), counted.queues.toSorted(byName));
  };
  check(await storage.statistics(), 0.25); // vacuum has not counted the rows yet

  await admin`VACUUM (ANALYZE) evertask.queued_tasks`;
  await plans.begin();
  let statistics = counted;
  const scans = await plans.scansOf("queued_tasks", async () => {
    statistics = await watched.statistics();
  });
  check(statistics, 0.05);
  assertLess(readRows(scans), 40_000); // of 110,000
});

Deno.test("statistics estimate the waiting tasks of a large table too if they are very many", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using admin = connect(url);
  await admin.unsafe(fill).simple();
  await admin`
    UPDATE evertask.queued_tasks SET due_at_utc = now() + interval '1 hour',
      status = CASE WHEN id::text LIKE '%0' THEN 'WaitingQueue' ELSE 'Queued' END
    WHERE status = 'Completed' AND due_at_utc IS NULL AND NOT is_recurring`;
  const counted = await storage.statistics({ exact: true });
  const { tasksByStatus, estimated, queues } = await storage.statistics();
  assertEquals(estimated, taskStatuses.filter((status) => status !== "InProgress"));
  for (const status of ["Queued", "WaitingQueue", "Completed", "Failed", "Cancelled"] as const) {
    const expected = counted.tasksByStatus[status];
    assertAlmostEquals(tasksByStatus[status], expected, expected * 0.25, status);
  }
  assertEquals(queues.toSorted(byName), counted.queues.toSorted(byName));

  // The sample has too few of a handful of tasks, so that they are counted.
  await admin`
    UPDATE evertask.queued_tasks SET due_at_utc = NULL
    WHERE due_at_utc IS NOT NULL AND id > '01900000-0000-7000-8000-000000000010'`;
  const [left] = await admin`SELECT count(*)::int AS queued FROM evertask.queued_tasks
    WHERE due_at_utc IS NOT NULL AND status = 'Queued'`;
  const [row] = await admin`SELECT evertask.estimate_tasks(1000, 90000) AS counts`;
  assertEquals(row!.counts.Queued, left!.queued);
});

Deno.test("a store whose workers have claimed very many tasks counts them all", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using admin = connect(url);
  await admin.unsafe(fill).simple();
  await storage.persist([newTask(), newTask(), newTask()]);
  await storage.registerWorker({ id: "worker", host: "example.org" });
  await storage.claim(claimRequest("worker"));
  const estimate = async (most: number) => {
    const [row] = await admin`SELECT evertask.estimate_tasks(${most}) AS counts`;
    return row!.counts;
  };
  assertEquals((await estimate(3)).Queued, 3);
  assertEquals(await estimate(2), null);
});
