// The plans of claims, ends and releases in a table of 200,000 tasks with misleading statistics.
// They use their indexes, and their cost does not depend on ended tasks.

import { assert, assertEquals } from "@std/assert";
import { startPostgres } from "../../support/pg_server.ts";
import { indexesOf, readRows, watchPlans } from "./plan_watch.ts";
import { claimRequest, connect, newTasks, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/**
 * 200,000 tasks: most have ended, the others wait in three priorities, are held, or are due later.
 * A third was scheduled.
 */
const fill = `
  SET synchronous_commit = off;
  INSERT INTO evertask.queued_tasks (id, type, handler, request, status, queue_name, priority, created_at_utc,
    scheduled_execution_utc, claim_rank, due_at_utc, worker_id, claimed_at_utc, lease_token, attempt)
  SELECT gen_random_uuid(), 'send-email', 'SendEmail', '{}',
    CASE WHEN i <= 150000 THEN 'Completed' ELSE 'Queued' END, 'default', i % 3, now(), CASE WHEN i % 9 < 3 THEN now() END,
    evertask.claim_rank_of(i % 3, i % 9 < 3),
    CASE WHEN i <= 150000 OR i > 190000 THEN NULL WHEN i <= 180000 THEN now() + interval '1 day'
      ELSE now() - interval '1 minute' END,
    CASE WHEN i > 190000 THEN 'somebody' END, CASE WHEN i <= 150000 OR i > 190000 THEN now() - interval '1 day' END, 1, 1
  FROM generate_series(1, 200000) AS i;
  SELECT brin_summarize_new_values('evertask.queued_tasks_claimed_at')`;

Deno.test("claim, finish and release use their indexes, for any statistics", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using admin = connect(url);
  // Sets the statistics of an empty table, and disables autovacuum, which would correct them.
  await admin`ALTER TABLE evertask.queued_tasks SET (autovacuum_enabled = off)`;
  await admin`ANALYZE evertask.queued_tasks`;
  await admin.unsafe(fill).simple();
  await admin.unsafe(
    "UPDATE pg_class SET reltuples = 10, relpages = 1 WHERE relname = 'queued_tasks'",
  );

  await using plans = watchPlans(url);
  await using watched = await openStorage({ sql: plans.sql, notify: false });
  await watched.registerWorker({ id: "planner", host: "test" });
  await plans.begin();

  const scansOf = (work: () => Promise<unknown>) => plans.scansOf("queued_tasks", work);
  let claimed = await watched.claim(claimRequest("planner", 250));
  const claim = await scansOf(async () => {
    claimed = await watched.claim(claimRequest("planner", 250));
  });
  assertEquals(claimed.tasks.length, 250);
  assertEquals(indexesOf(claim), [
    "Index Only Scan: queued_tasks_claimable",
    "Index Scan: queued_tasks_claimable",
    "Tid Scan: undefined",
  ]);
  assert(readRows(claim) < 2_000, `a claim of 250 reads ${readRows(claim)} rows`);

  const lease = { workerId: "planner", token: claimed.tasks[0]!.leaseToken };
  const ended = { status: "Completed", exception: null, agoMs: 0 } as const;
  const started = { status: "InProgress", exception: null, agoMs: 5 } as const;
  const finish = await scansOf(async () => {
    const results = await watched.setStatusMany(
      claimed.tasks.map(({ id }) => ({
        taskId: id,
        auditLevel: "Full",
        transitions: [ended],
        lease,
      })),
    );
    assert(results.every(({ applied }) => applied));
  });
  assertEquals(indexesOf(finish), ["Index Scan: queued_tasks_pkey"]);
  assertEquals(readRows(finish), 250);

  claimed = await watched.claim(claimRequest("planner", 250));
  const complete = await scansOf(async () => {
    const transitions = [started, ended];
    const results = await watched.setStatusMany(claimed.tasks.map(({ id }) => ({
      taskId: id,
      auditLevel: "Full",
      transitions,
      lease,
      executionTimeMs: 5,
    })));
    assert(results.every(({ applied }) => applied));
  });
  assertEquals(indexesOf(complete), ["Index Scan: queued_tasks_pkey"]);
  assertEquals(readRows(complete), 250);

  claimed = await watched.claim(claimRequest("planner", 250));
  const release = await scansOf(() =>
    watched.release(
      "planner",
      claimed.tasks.map(({ id, leaseToken, dueAt }) => ({ taskId: id, token: leaseToken, dueAt })),
    )
  );
  assertEquals(indexesOf(release), ["Index Scan: queued_tasks_pkey"]);
  assertEquals(readRows(release), 250);

  const target = { kind: "tasks", id: null } as const;
  const action = {
    verb: "edit",
    by: "ada",
    reason: null,
    target,
    before: null,
    after: null,
  } as const;
  for (const change of [{ status: "Queued", due: "soonest" }, "delete"] as const) {
    const { items } = await watched.list({ statuses: ["Queued"] }, { limit: 200 });
    const edits = items.map(({ id, version }) => ({ taskId: id, version, change }));
    const edit = await scansOf(async () => {
      const { applied } = await watched.editTasks({ edits, action });
      assert(applied.every((isApplied) => isApplied));
    });
    assertEquals(indexesOf(edit), ["Index Scan: queued_tasks_pkey"]);
    assert(readRows(edit) <= 600, `an edit of 200 reads ${readRows(edit)} rows`);
  }
  const notes = await plans.scansOf("operator_actions", async () => {
    await watched.operatorActions({ queue: "default" });
  });
  assertEquals(indexesOf(notes), ["Index Scan: operator_actions_target"]);

  const next = await scansOf(() => watched.nextDueAt(["default"], ["send-email"]));
  assertEquals(indexesOf(next), [
    "Index Only Scan: queued_tasks_claimable",
    "Index Scan: queued_tasks_claimable",
  ]);
  assert(readRows(next) < 1_000, `looking for the next due task reads ${readRows(next)} rows`);

  claimed = await watched.claim(claimRequest("planner", 250));
  const held = await scansOf(async () => {
    const counts = await watched.heldTasks();
    assertEquals(counts, [{ workerId: "planner", queue: "default", count: 500 }]);
  });
  assertEquals(indexesOf(held), ["Bitmap Heap Scan: undefined"]);
  assert(readRows(held) <= 20_001, `counting held tasks reads ${readRows(held)} rows`);

  const foundByClaimTime = ["Bitmap Heap Scan: undefined", "Index Scan: queued_tasks_pkey"];
  const unknown = await scansOf(async () => {
    assertEquals(await watched.releaseUnknown("planner", []), 500);
  });
  assertEquals(indexesOf(unknown), foundByClaimTime);
  assert(readRows(unknown) < 50_000, `looking for unknown claims reads ${readRows(unknown)} rows`);

  const lost = { leaseMs: 60_000, poisonLimit: 5, lostReason: "lost", poisonReason: "poison" };
  assertEquals(await scansOf(() => watched.releaseLost(lost)), [], "no worker is lost");
  claimed = await watched.claim(claimRequest("planner", 250));
  await admin`UPDATE evertask.workers SET heartbeat_at = '-infinity'`;
  const releaseLost = await scansOf(async () => {
    assertEquals((await watched.releaseLost(lost)).length, 250);
  });
  assertEquals(indexesOf(releaseLost), foundByClaimTime);
  assert(readRows(releaseLost) < 50_000, `releasing 250 tasks reads ${readRows(releaseLost)} rows`);

  await watched.registerWorker({ id: "planner", host: "test" });
  const heartbeat = await scansOf(() => watched.heartbeat("planner", 10_000));
  assertEquals(indexesOf(heartbeat), [
    "Index Scan: queued_tasks_cancel_requested",
    "Index Scan: queued_tasks_pkey",
  ]);
  assert(readRows(heartbeat) < 2_000, `a heartbeat reads ${readRows(heartbeat)} rows`);

  await storage.persist(newTasks(250));
  const persist = await scansOf(() => watched.persist(newTasks(250, { claimFor: "planner" })));
  assertEquals(persist, [], "new tasks read none of the old ones");

  const nextRunAt = Date.now() + 86_400_000;
  const series = {
    schedule: "{}",
    info: "",
    anchorAt: 0,
    maxRuns: null,
    runUntil: null,
    nextRunAt,
  };
  const planned = newTasks(250, { series, due: { at: nextRunAt }, status: "WaitingQueue" });
  await storage.persist(planned);
  const corrections = planned.map(({ id }) => {
    const sooner = nextRunAt - 1_000;
    return { taskId: id, plannedAt: nextRunAt, nextRunAt: sooner, anchorAt: 0, dueAt: sooner };
  });
  const correct = await scansOf(() => watched.correctSeries(corrections));
  assertEquals(indexesOf(correct), ["Index Scan: queued_tasks_series"]);
  assert(readRows(correct) <= 250, `correcting 250 series reads ${readRows(correct)} rows`);

  await admin`ANALYZE evertask.queued_tasks`;
  const listed = await scansOf(() => watched.list({ recurring: true }, { limit: 200 }));
  // An index scan or a bitmap scan, depending on the sample of the statistics.
  assertEquals(listed.filter((node) => node["Node Type"] === "Seq Scan"), []);
  assert(readRows(listed) < 1_000, `listing 200 series reads ${readRows(listed)} rows`);
});

Deno.test("the end of a task does not change its index entries", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  await storage.registerWorker({ id: "hot", host: "test" });
  const tasks = newTasks(1_000, { claimFor: "hot" });
  for (let i = 0; i < tasks.length; i += 100) {
    const batch = tasks.slice(i, i + 100);
    await storage.persist(batch);
    await storage.setStatusMany(batch.map(({ id }) => ({
      taskId: id,
      auditLevel: "Full",
      transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
      lease: { workerId: "hot", token: 1 },
      executionTimeMs: 1,
    })));
  }
  // The server updates its counters shortly after the session has become idle.
  await storage.close();
  let figures = { updated: 0, hot: 0 };
  while (figures.updated < 1_000) {
    const [row] = await sql<[typeof figures]>`
      SELECT n_tup_upd::int AS updated, n_tup_hot_upd::int AS hot
      FROM pg_stat_user_tables WHERE schemaname = 'evertask' AND relname = 'queued_tasks'`;
    figures = row;
  }
  assert(
    figures.hot > 0.8 * figures.updated,
    `${figures.hot} of ${figures.updated} updates are HOT`,
  );
});

Deno.test("tasks that run at once are inserted at the end of the claim index, separate from future ones", async () => {
  const pagesFor = async (later: number) => {
    const url = await server.createDatabase();
    await using storage = await openStorage({ url });
    await using sql = connect(url);
    const size = async () => {
      const [row] = await sql<[{ pages: number }]>`
        SELECT (pg_relation_size('evertask.queued_tasks_claimable') / 8192)::int AS pages`;
      return row.pages;
    };
    const waiting = { status: "WaitingQueue", due: { inMs: 86_400_000 } } as const;
    if (later > 0) await storage.persist(newTasks(later, waiting));
    const before = await size();
    for (let i = 0; i < 5; i++) await storage.persist(newTasks(1_000));
    return await size() - before;
  };
  const [alone, beside] = [await pagesFor(0), await pagesFor(1_000)];
  assert(alone > 20, `5,000 entries fill ${alone} pages`);
  assert(beside < 1.2 * alone, `${beside} pages beside tasks of the future, ${alone} without`);
});
