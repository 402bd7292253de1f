// Inserts ended tasks with bulk statements, as after long use.

import { DatabaseSync } from "node:sqlite";
import type { BenchDatabase } from "../support/open_storage.ts";
import { PostgresSession } from "../support/postgres_session.ts";

/**
 * Fills a new database with ended tasks with three audit rows each, as after long use: they ran
 * during the last month, and their ids are older than all new ones.
 *
 * PostgreSQL's fill factor is a little higher while they are inserted, so that their pages have no room for
 * new rows. Otherwise each page would have room for one or two of the measured tasks, which would
 * be spread over all of history. In use, vacuum soon frees the space of ended tasks for new rows.
 */
export async function storeFinished(
  store: string,
  database: BenchDatabase,
  count: number,
): Promise<void> {
  const storage = database.storage();
  await storage.open();
  await storage.close();
  await insertFinished(store, database.address, count);
  await database.settle?.();
}

/**
 * Inserts the rows of {@linkcode storeFinished} into SQLite or PostgreSQL, also into a schema of
 * version 0.1.0.
 */
export async function insertFinished(
  store: string,
  address: string,
  count: number,
): Promise<void> {
  if (store === "sqlite") return insertIntoSqlite(address, count);
  await using session = new PostgresSession(address);
  const { sql } = session;
  const started = sql`now() - interval '30 days' * (1 - n / ${count + 1}::float8)`;
  await sql`ALTER TABLE evertask.queued_tasks SET (fillfactor = 55)`;
  await sql`
    INSERT INTO evertask.queued_tasks (id, created_at_utc, claimed_at_utc, last_execution_utc, execution_time_ms,
      lease_token, attempt, audit_level, status, queue_name, type, handler, request)
    SELECT ('017f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ${started}, ${started}, ${started}, 1, 1, 1, 0,
      'Completed', 'default', 'counted', 'counted', '{"index":0,"text":"Some forty characters of text for a task."}'
    FROM generate_series(1, ${count}::int) AS n`;
  await sql`ALTER TABLE evertask.queued_tasks SET (fillfactor = 44)`;
  await sql`
    INSERT INTO evertask.status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT ('017f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ${started}, status
    FROM generate_series(1, ${count}::int) AS n,
      unnest(ARRAY['Queued', 'InProgress', 'Completed']) AS status`;
}

function insertIntoSqlite(path: string, count: number): void {
  using sqlite = new DatabaseSync(path);
  const id = "'017f0000-0000-7000-8000-' || printf('%012x', n)";
  const at = `${Date.now() - 30 * 86_400_000} + n * ${30 * 86_400_000 / (count + 1)}`;
  const numbers = `WITH RECURSIVE numbers(n) AS
    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`;
  sqlite.exec(`
    PRAGMA synchronous = OFF;
    BEGIN;
    ${numbers}
    INSERT INTO queued_tasks (id, created_at_utc, last_execution_utc, execution_time_ms, lease_token, attempt,
      audit_level, status, queue_name, priority, type, handler, request)
    SELECT ${id}, CAST(${at} AS INTEGER), CAST(${at} AS INTEGER), 1, 1, 1, 0, 'Completed', 'default', 0, 'counted', 'counted',
      '{"index":0,"text":"Some forty characters of text for a task."}'
    FROM numbers;
    ${numbers}
    INSERT INTO status_audit (queued_task_id, sequence, updated_at_utc, new_status)
    SELECT ${id}, sequence, CAST(${at} AS INTEGER), status FROM numbers,
      (SELECT 1 AS sequence, 'Queued' AS status UNION ALL SELECT 2, 'InProgress' UNION ALL SELECT 3, 'Completed');
    COMMIT;`);
}
