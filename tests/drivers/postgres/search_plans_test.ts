// The plans of searches and counts in a table of 200,000 tasks: for any filter and statistics, they
// read an index in the order of ids, and at most the rows that one call may read.

import { assert, assertEquals } from "@std/assert";
import type { TaskFilter } from "../../../src/storage/queries.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { newId } from "../../support/new_task.ts";
import { indexesOf, readRows, watchPlans } from "./plan_watch.ts";
import { connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** 200,000 tasks: half have ended, the others wait. Every 1000th failed, every 100th has a key. */
const fill = `
  SET synchronous_commit = off;
  INSERT INTO evertask.queued_tasks (id, type, handler, request, status, queue_name, priority, created_at_utc,
    claim_rank, due_at_utc, last_execution_utc, exception, task_key, is_recurring, tags)
  SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'send-email', 'SendEmail', '{}',
    CASE WHEN i % 1000 = 0 THEN 'Failed' WHEN i % 2 = 0 THEN 'Completed' ELSE 'Queued' END, 'default', i % 3, now(),
    evertask.claim_rank_of(i % 3, i % 10000 = 1), CASE WHEN i % 2 = 1 THEN now() + interval '1 day' END, CASE WHEN i % 2 = 0 THEN now() END,
    CASE WHEN i % 1000 = 0 THEN 'refused' END, CASE WHEN i % 100 = 0 THEN 'key-' || i END, i % 10000 = 1,
    CASE WHEN i % 199995 = 5 THEN '{few,many}'::text[] WHEN i % 5 = 0 THEN '{many}' END
  FROM generate_series(1, 200000) AS i;
  INSERT INTO evertask.task_tags SELECT unnest(tags), id FROM evertask.queued_tasks`;

const mostRead = 5_000;
const mostByDue = 500;
const now = Date.now();

const filters: [filter: TaskFilter, found: number, mostRowsRead: number][] = [
  [{}, 50, 200],
  [{ statuses: ["Failed"] }, 5, 2 * mostRead + 50],
  [{ statuses: ["Cancelled"] }, 0, 2 * mostRead],
  [{ types: ["other"], queues: ["default"] }, 0, 2 * mostRead],
  [{ queues: ["other"] }, 0, 2 * mostRead],
  [{ queues: ["default"], dueFrom: now, dueBefore: now + 1 }, 0, 2 * mostRead],
  [{ executedFrom: now + 3_600_000 }, 0, 2 * mostRead],
  [{ createdBefore: 0 }, 0, 2 * mostRead],
  [{ exceptionContains: "none has this" }, 0, 2 * mostRead],
  [{ taskKeyPrefix: "none begins so" }, 0, 2 * mostRead],
  [{ recurring: true }, 20, 100],
  [{ tags: ["many"] }, 50, 250],
  [{ tags: ["many", "few"] }, 1, 2 * mostRead],
  [{ tags: ["few"], statuses: ["Failed"] }, 1, 200],
  [{ tags: ["none"] }, 0, 10],
  [{ taskKey: "key-100" }, 1, 10],
  [{ taskKey: "key-100", statuses: ["Failed"] }, 0, 10],
  [{ ids: ["01900000-0000-7000-8000-000000000001", newId()] }, 1, 10],
];

Deno.test("a search and a count read in the order of ids, and at most the rows that one call may read", async () => {
  const url = await server.createDatabase();
  await using _storage = await openStorage({ url });
  await using admin = connect(url);
  await using plans = watchPlans(url);
  await using watched = await openStorage({ sql: plans.sql, notify: false });
  await admin`ALTER TABLE evertask.queued_tasks SET (autovacuum_enabled = off)`;
  await admin`ANALYZE evertask.queued_tasks`; // of an empty table
  await admin.unsafe(fill).simple();
  await plans.begin();
  const states = [
    ["of empty tables", null],
    ["of the tags alone", "task_tags"],
    ["that are right", "queued_tasks"],
  ] as const;
  for (const [statistics, analyzed] of states) {
    if (analyzed !== null) await admin.unsafe(`ANALYZE evertask.${analyzed}`);
    for (const [filter, found, most] of filters) {
      const what = `${JSON.stringify(filter)} with statistics ${statistics}`;
      for (const order of ["newest", "oldest"] as const) {
        const scans = await plans.scansOf("queued_tasks", async () => {
          const { items } = await watched.list(filter, { order });
          assertEquals(items.length, found, what);
        });
        assertRead(scans, most, `${what}, ${order} first`);
      }
      const scans = await plans.scansOf("queued_tasks", () => watched.count(filter, { cap: 100 }));
      assertRead(scans, most, `the count of ${what}`);
    }
  }
});

Deno.test("a search by due instant reads the index of claimable tasks", async () => {
  const url = await server.createDatabase();
  await using _storage = await openStorage({ url });
  await using admin = connect(url);
  await using plans = watchPlans(url);
  await using watched = await openStorage({ sql: plans.sql, notify: false });
  await admin`ALTER TABLE evertask.queued_tasks SET (autovacuum_enabled = off)`;
  await admin.unsafe(fill).simple();
  await plans.begin();
  const cases: [filter: TaskFilter, found: number, mostRowsRead: number][] = [
    [{}, 50, 500],
    [{ queues: ["default"] }, 50, 500],
    [{ queues: ["none"] }, 0, 10],
    [{ types: ["none"] }, 0, 2.1 * mostByDue],
    [{ recurring: true, tags: ["none"] }, 0, 2.1 * mostByDue],
  ];
  for (const analyze of [false, true]) {
    if (analyze) await admin`ANALYZE evertask.queued_tasks`;
    for (const [filter, found, most] of cases) {
      const what = `${JSON.stringify(filter)} by due instant${analyze ? ", with statistics" : ""}`;
      const scans = await plans.scansOf("queued_tasks", async () => {
        const { items, incomplete = false } = await watched.list(filter, { order: "due" });
        assertEquals([items.length, incomplete], [found, most > mostByDue], what);
      });
      assertEquals(scans.filter((node) => !node["Index Name"]), [], `${what} goes by an index`);
      assert(indexesOf(scans).some((index) => index.includes("claimable")), what);
      assert(readRows(scans) <= most, `${what} reads ${readRows(scans)} rows`);
    }
  }
});

Deno.test("a backlog with a cap reads the index of claimable tasks, and few of its entries", async () => {
  const url = await server.createDatabase();
  await using _storage = await openStorage({ url });
  await using admin = connect(url);
  await using plans = watchPlans(url);
  await using watched = await openStorage({ sql: plans.sql, notify: false });
  await admin`ALTER TABLE evertask.queued_tasks SET (autovacuum_enabled = off)`;
  await admin.unsafe(fill).simple();
  await plans.begin();
  for (const analyze of [false, true]) {
    if (analyze) await admin`ANALYZE evertask.queued_tasks`;
    const scans = await plans.scansOf("queued_tasks", async () => {
      const { queues } = await watched.backlog(100);
      assertEquals(queues.map(({ due, scheduled }) => [due, scheduled]), [[0, 100]]);
    });
    assertEquals(scans.filter((node) => !node["Index Name"]), [], "it goes by an index");
    assert(indexesOf(scans).every((index) => index.includes("claimable")));
    assert(readRows(scans) <= 500, `100 tasks of three ranks read ${readRows(scans)} rows`);
  }
});

function assertRead(scans: Parameters<typeof readRows>[0], most: number, what: string): void {
  const wholly = scans.filter((node) => !node["Index Name"]);
  assert(scans.length > 0, `${what} is seen`);
  assertEquals(wholly, [], `${what} goes by an index`);
  assert(!indexesOf(scans).some((index) => index.includes("claimable")), what);
  assert(readRows(scans) <= most, `${what} reads ${readRows(scans)} rows`);
}
