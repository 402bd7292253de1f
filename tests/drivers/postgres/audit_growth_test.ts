// The growth of large history tables is estimated from a sample, and counted on request.

import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import type { AuditGrowth } from "../../../src/storage/queries.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { readRows, watchPlans } from "./plan_watch.ts";
import { connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const rows = 200_000;
const minuteMs = 60_000;

/** Status changes of 100,000 tasks, and as many runs of one series, a minute apart. */
const fill = `
  SET synchronous_commit = off;
  ALTER TABLE evertask.status_audit SET (autovacuum_enabled = off);
  INSERT INTO evertask.status_audit (queued_task_id, updated_at_utc, new_status)
  SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(i / 2), 12, '0'))::uuid,
    to_timestamp(i * 60), 'Completed' FROM generate_series(1, ${rows}) AS i;
  INSERT INTO evertask.runs_audit (queued_task_id, executed_at, execution_time_ms, status)
  SELECT '01900000-0000-7000-8000-000000000001', to_timestamp(i * 60), 1, 'Completed'
  FROM generate_series(1, ${rows}) AS i;
  -- The newest series has ended long ago.
  INSERT INTO evertask.runs_audit (queued_task_id, executed_at, execution_time_ms, status)
  VALUES ('01900000-0000-7000-8000-000000000002', to_timestamp(6000), 1, 'Completed')`;

Deno.test("the growth of large history tables is estimated, and counted on request", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using admin = connect(url);
  await using plans = watchPlans(url);
  await using watched = await openStorage({ sql: plans.sql, notify: false });
  await admin.unsafe(fill).simple();

  const counted = await storage.auditGrowth({ exact: true });
  assertEquals(counted.map(({ table, rows, isEstimate }) => [table, rows, isEstimate]), [
    ["StatusAudit", rows, false],
    ["RunsAudit", rows + 1, false],
    ["TaskExecutionLog", 0, false],
  ]);
  assertEquals(counted[0], {
    ...{ table: "StatusAudit", rows, isEstimate: false },
    ...{ firstAt: minuteMs, lastAt: rows * minuteMs, averageRowsPerDay: rows / 138 },
  });

  const check = (growth: readonly AuditGrowth[]) => {
    assertEquals(growth.map(({ isEstimate }) => isEstimate), [true, true, false]);
    for (const [index, expected] of counted.entries()) {
      const { table, rows, firstAt, lastAt } = growth[index]!;
      assertAlmostEquals(rows, expected.rows, 0.2 * expected.rows, table);
      const span = expected.lastAt! - expected.firstAt!;
      assertAlmostEquals(firstAt!, expected.firstAt!, 0.05 * span, table);
      assertAlmostEquals(lastAt!, expected.lastAt!, 0.05 * span, table);
    }
  };
  check(await storage.auditGrowth()); // vacuum has not counted the rows yet

  await admin`VACUUM (ANALYZE) evertask.status_audit`;
  await plans.begin();
  let growth = counted;
  const scans = await plans.scansOf("status_audit", async () => {
    growth = await watched.auditGrowth();
  });
  check(growth);
  assertLess(readRows(scans), 20_000);
});
