// The growth of large history tables is estimated from a sample, and counted on request.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Scratch } from "./support.ts";

const rows = 60_000;

/** Status changes of 30,000 tasks, and as many runs of one series, a minute apart. */
const fill = `
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
  INSERT INTO status_audit (queued_task_id, sequence, updated_at_utc, new_status)
  SELECT printf('01900000-0000-7000-8000-%012x', i / 2), i, i * 60000, 'Completed' FROM n;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
  INSERT INTO runs_audit (queued_task_id, sequence, executed_at_utc, execution_time_ms, status)
  SELECT '01900000-0000-7000-8000-000000000001', i, i * 60000, 1, 'Completed' FROM n;
  -- The newest series has ended long ago.
  INSERT INTO runs_audit (queued_task_id, sequence, executed_at_utc, execution_time_ms, status)
  VALUES ('01900000-0000-7000-8000-000000000002', 1, 6000000, 1, 'Completed')`;

Deno.test("the growth of large history tables is estimated, and counted on request", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  using database = new DatabaseSync(scratch.path);
  database.exec(fill);
  const counted = await storage.auditGrowth({ exact: true });
  assertEquals(counted.map(({ table, rows, isEstimate }) => [table, rows, isEstimate]), [
    ["StatusAudit", rows, false],
    ["RunsAudit", rows + 1, false],
    ["TaskExecutionLog", 0, false],
  ]);
  const growth = await storage.auditGrowth();
  assertEquals(growth.map(({ isEstimate }) => isEstimate), [true, true, false]);
  for (const [index, { table, rows, firstAt, lastAt }] of growth.entries()) {
    const expected = counted[index]!;
    assertAlmostEquals(rows, expected.rows, expected.rows / 3, table);
    assertEquals([firstAt, lastAt], [expected.firstAt, expected.lastAt], table);
  }
});
