// Checks rules that hold for the stored rows at any time.

import { assertEquals } from "@std/assert";
import type postgres from "postgres";

/**
 * Checks that each task has the rank of its priority and schedule, and that each tag is that of a
 * task.
 */
export async function checkStoredRows(sql: postgres.Sql, schema: string): Promise<void> {
  const ranks = await sql`
    SELECT claim_rank, priority, is_recurring, scheduled_execution_utc FROM ${
    sql(schema)
  }.queued_tasks
    WHERE claim_rank <> priority * 2 + (is_recurring OR scheduled_execution_utc IS NOT NULL)::int`;
  assertEquals([...ranks], [], "tasks with a wrong rank");
  const tags = await sql`
    SELECT tag FROM ${sql(schema)}.task_tags WHERE task_id NOT IN (SELECT id FROM ${
    sql(schema)
  }.queued_tasks)`;
  assertEquals([...tags], [], "tags of deleted tasks");
}
