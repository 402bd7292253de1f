// Inserts ended tasks with bulk statements, as after long use.

import type { BenchDatabase } from "../support/open_storage.ts";
import { PostgresSession } from "../support/postgres_session.ts";

/**
 * Fills a new database with ended tasks with three audit rows each, as after long use: they ran
 * during the last month, and their ids are older than all new ones.
 *
 * The fill factor is a little higher while they are inserted, so that their pages have no room for
 * new rows. Otherwise each page would have room for one or two of the measured tasks, which would
 * be spread over all of history. In use, vacuum soon frees the space of ended tasks for new rows.
 */
export async function storeFinished(database: BenchDatabase, count: number): Promise<void> {
  const storage = database.storage();
  await storage.open();
  await storage.close();
  await using session = new PostgresSession(database.address);
  const { sql } = session;
  const started = sql`now() - interval '30 days' * (1 - n / ${count + 1}::float8)`;
  await sql`ALTER TABLE evertask.queued_tasks SET (fillfactor = 55)`;
  await sql`
    INSERT INTO evertask.queued_tasks (id, created_at_utc, claimed_at_utc, last_execution_utc, execution_time_ms,
      lease_token, attempt, audit_level, status, queue_name, type, handler, request)
    SELECT ('017f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ${started}, ${started}, ${started}, 1, 1, 1, 0,
      'Completed', 'default', 'counted', 'counted', '{"index":0,"text":"Some forty characters of text for a task."}'
    FROM generate_series(1, ${count}::int) AS n`;
  await sql`ALTER TABLE evertask.queued_tasks SET (fillfactor = 50)`;
  await sql`
    INSERT INTO evertask.status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT ('017f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ${started}, status
    FROM generate_series(1, ${count}::int) AS n,
      unnest(ARRAY['Queued', 'InProgress', 'Completed']) AS status`;
  await database.settle?.();
}
