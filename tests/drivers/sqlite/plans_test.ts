// SQLite's plans of statements that must not slow down with history and future tasks: they search
// by key, or by the index of claimable or claimed tasks, and never scan a whole table.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { countDue, countLater, selectOldest } from "../../../drivers/sqlite/backlog.ts";
import { claimDue, nextRank, selectDue, selectNextDue } from "../../../drivers/sqlite/claim.ts";
import { selectHeld } from "../../../drivers/sqlite/statistics.ts";
import { endExecutedTasks, endTasks } from "../../../drivers/sqlite/task_ends.ts";
import { lostOwners } from "../../../drivers/sqlite/workers.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { newTask, slotRequest } from "../../support/new_task.ts";
import { recording, Scratch } from "./support.ts";

const workerId = "01890000-0000-7000-8000-00000000000a";

/** Returns the steps of SQLite's plan for a statement. */
function plan(database: DatabaseSync, sql: string): string[] {
  return database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map((row) => String(row.detail));
}

/**
 * Returns all statements that the storage prepares while it does its usual work with a few tasks of
 * each kind.
 */
async function statementsOfADay(database: DatabaseSync): Promise<ReadonlySet<string>> {
  const statements = new Set<string>();
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ database: recording(database, statements), clock });
  statements.clear();
  await storage.registerWorker({ id: workerId, host: "here" });
  const series = {
    schedule: "{}",
    info: "always",
    anchorAt: clock.now(),
    maxRuns: null,
    runUntil: null,
    nextRunAt: clock.now(),
  };
  const [done, retried, run] = [newTask(), newTask(), newTask({ series, taskKey: "series" })];
  const born = newTask({ claimFor: workerId });
  await storage.persist([done, retried, run, born]);
  await storage.persist([newTask({ taskKey: "key" })]);
  await storage.persist([newTask({ taskKey: "key", payload: "[]" }), born]);
  const request = { workerId, types: ["send-email"], queues: [{ name: "default", limit: 10 }] };
  await storage.claim(request);
  const lease = { workerId, token: 1 };
  const failed = [{ status: "Pending" as const, exception: "broken", agoMs: 0 }];
  const ended = [{ status: "Completed" as const, exception: null, agoMs: 0 }];
  const started = [{ status: "InProgress" as const, exception: null, agoMs: 0 }];
  await storage.setStatusMany([
    { taskId: done.id, auditLevel: "Full", transitions: ended, lease },
    { taskId: retried.id, auditLevel: "Full", transitions: failed, lease, dueInMs: 1000 },
    { taskId: born.id, auditLevel: "Full", transitions: started, lease },
  ]);
  await storage.setStatus(done.id, "Completed", null, "Full");
  await storage.updateCurrentRunMany([{
    taskId: run.id,
    auditLevel: "Full",
    transitions: ended,
    executionTimeMs: 1,
    nextRunAt: clock.now() + 1000,
    lease,
  }]);
  await storage.requestCancel([retried.id, born.id]);
  await storage.heartbeat(workerId, 1000);
  await storage.makeDue([run.id, retried.id]);
  await storage.release(workerId, [{ taskId: born.id, token: 1, dueAt: clock.now() }]);
  await storage.nextDueAt(["default"], ["send-email"]);
  await storage.takeRateSlots([slotRequest()]);
  await storage.saveExecutionLogs([
    { taskId: run.id, level: "Information", message: "m", exception: null, run: 1, agoMs: 0 },
  ]);
  await storage.claim(request);
  await storage.unregisterWorker(workerId);
  await storage.releaseLost({
    leaseMs: 1,
    poisonLimit: 5,
    lostReason: "lost",
    poisonReason: "poison",
  });
  await storage.get(run.id);
  await storage.getByTaskKey("key");
  await storage.list({}, { after: run.id });
  await storage.list({ recurring: true });
  await storage.list({ recurring: true }, { after: run.id });
  await storage.correctSeries([{
    taskId: run.id,
    plannedAt: clock.now() + 1000,
    nextRunAt: clock.now(),
    anchorAt: clock.now(),
    dueAt: clock.now(),
  }]);
  await storage.statusAudit(run.id);
  await storage.runsAudit(run.id);
  await storage.executionLogs(run.id);
  await storage.countExecutionLogs(run.id, 1, 1000);
  return statements;
}

Deno.test("no statement of a worker scans the tasks or their history", async () => {
  const database = new DatabaseSync(":memory:");
  const statements = [...await statementsOfADay(database)]
    .filter((sql) => /^(SELECT|INSERT|UPDATE|DELETE|WITH)/.test(sql));
  assert(statements.length > 40, `only ${statements.length} statements were seen`);
  for (const sql of statements) {
    for (const step of plan(database, sql)) {
      // Small tables such as `workers` and `paused_queues` may be scanned, and all series for lists
      // of series.
      const walks = /^SCAN (queued_tasks|status_audit|runs_audit|task_execution_log)\b/.test(step);
      assert(!walks, `${step}\n${sql}`);
    }
  }
  database.close();
});

Deno.test("a claim searches one index, in the order of claiming, and sorts nothing", async () => {
  await using scratch = new Scratch();
  await scratch.open();
  const database = new DatabaseSync(scratch.path);
  const byRank = plan(database, nextRank);
  assertEquals(byRank.length, 1);
  assertMatch(
    byRank[0]!,
    /^SEARCH queued_tasks USING INDEX queued_tasks_due \(queue_name=\? AND claim_rank<\?\)$/,
  );
  const due =
    /^SEARCH queued_tasks USING (COVERING )?INDEX queued_tasks_due \(queue_name=\? AND claim_rank=\? AND due_at_utc<\?\)$/;
  assertEquals(plan(database, selectDue("request", 2)).length, 1);
  assertMatch(plan(database, selectDue("request", 2))[0]!, due);
  assertMatch(plan(database, selectDue("rowid", 2))[0]!, due);
  assertMatch(
    plan(database, selectNextDue(2))[0]!,
    /USING (COVERING )?INDEX queued_tasks_due \(queue_name=\? AND claim_rank=\? AND due_at_utc>\?\)$/,
  );
  const claimed = plan(database, claimDue(2));
  assertMatch(claimed[0]!, /^SEARCH queued_tasks USING INTEGER PRIMARY KEY \(rowid=\?\)$/);
  assert(claimed.some((step) => due.test(step)));
  assertEquals(claimed.filter((step) => step.includes("TEMP B-TREE FOR ORDER")), []);
  for (const step of plan(database, lostOwners)) {
    assert(!step.startsWith("SCAN queued_tasks"), step);
  }
  database.close();
});

Deno.test("counting held tasks reads no other tasks", async () => {
  await using scratch = new Scratch();
  await scratch.open();
  const database = new DatabaseSync(scratch.path);
  const reads = plan(database, selectHeld).filter((step) => step.includes("queued_tasks"));
  assertEquals(reads.length, 1);
  assertMatch(reads[0]!, /USING INDEX queued_tasks_worker\b/);
  database.close();
});

Deno.test("a backlog reads only the line that it counts, from a place on", async () => {
  await using scratch = new Scratch();
  await scratch.open();
  const database = new DatabaseSync(scratch.path);
  const line = "queue_name=? AND claim_rank=?";
  const after = `${line} AND (due_at_utc,id)>(?,?)`;
  for (
    const [statements, range] of [
      [[selectOldest], `${line} AND due_at_utc>?`],
      [Object.values(countDue), `${after} AND due_at_utc<?`],
      [Object.values(countLater), after],
    ] as const
  ) {
    for (const statement of statements) {
      const steps = plan(database, statement);
      const reads = steps.filter((step) => step.includes("queued_tasks"));
      assertEquals(reads, [`SEARCH queued_tasks USING INDEX queued_tasks_due (${range})`]);
      assertEquals(steps.filter((step) => step.includes("TEMP B-TREE")), [], statement);
    }
  }
  database.close();
});

Deno.test("the plans stay the same after ANALYZE of a table full of ended and future tasks", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ clock });
  const due = { inMs: 3_600_000 };
  await storage.persist(
    Array.from(
      { length: 3000 },
      (_, n) => newTask({ due, status: "WaitingQueue", priority: n % 3 }),
    ),
  );
  const ended = Array.from({ length: 3000 }, () => newTask());
  await storage.persist(ended);
  await storage.setStatusMany(ended.map(({ id }) => ({
    taskId: id,
    auditLevel: "Full",
    transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
  })));
  const database = new DatabaseSync(scratch.path);
  database.exec("ANALYZE");
  assertMatch(plan(database, selectDue("request", 2))[0]!, /^SEARCH .* AND due_at_utc<\?\)$/);
  assertEndsByKey(database);
  database.close();
});

Deno.test("ends search by key even after ANALYZE of a nearly empty table", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  await storage.persist([newTask({ claimFor: workerId }), newTask()]);
  const database = new DatabaseSync(scratch.path);
  database.exec("ANALYZE");
  assertEndsByKey(database);
  database.close();
});

function assertEndsByKey(database: DatabaseSync): void {
  for (const statement of [endTasks, endExecutedTasks]) {
    for (const rows of [1, 2, statement.limit]) {
      assertEquals(plan(database, statement.sql(rows)), [
        "SEARCH queued_tasks USING INDEX sqlite_autoindex_queued_tasks_1 (id=?)",
      ]);
    }
  }
}
