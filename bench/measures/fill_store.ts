// Fills a database with bulk statements, as after long use: ended and failed tasks with tags,
// waiting tasks, activity and failure groups.

import { DatabaseSync } from "node:sqlite";
import type { BenchDatabase } from "../support/open_storage.ts";
import { PostgresSession } from "../support/postgres_session.ts";

/** The number of tasks in a store. */
export interface Filling {
  readonly ended: number;
  readonly waiting: number;
  readonly failed: number;
}

/** One in this number of ended tasks has tags. */
const tagged = 50;

/** Fills a new database. */
export async function fillStore(
  store: string,
  database: BenchDatabase,
  filling: Filling,
): Promise<void> {
  const storage = database.storage();
  await storage.open();
  await storage.close();
  if (store === "sqlite") fillSqlite(database.address, filling);
  else await fillPostgres(database.address, filling);
  await database.settle?.();
}

const id = "'01900000-0000-7000-8000-' || ";
const types = ["mail", "report", "import", "export", "counted"];

function fillSqlite(path: string, { ended, waiting, failed }: Filling): void {
  const sqlite = new DatabaseSync(path);
  const now = Date.now();
  const total = ended + failed + waiting;
  const isFailed = `(n <= ${ended + failed} AND n % ${Math.ceil((ended + failed) / failed)} = 0)`;
  const isWaiting = `(n > ${ended + failed})`;
  sqlite.exec(`
    PRAGMA synchronous = OFF;
    BEGIN;
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${total})
    INSERT INTO queued_tasks (id, type, handler, status, audit_level, queue_name, priority, created_at_utc,
      due_at_utc, attempt, last_execution_utc, execution_time_ms, request, exception, tags)
    SELECT ${id} printf('%012x', n),
      CASE n % 5 ${types.map((type, at) => `WHEN ${at} THEN '${type}'`).join(" ")} END, 'handler',
      CASE WHEN ${isWaiting} THEN 'Queued' WHEN ${isFailed} THEN 'Failed' ELSE 'Completed' END, 0,
      'default', 0, ${now} - (${total} - n), CASE WHEN ${isWaiting} THEN ${now} + n END,
      CASE WHEN ${isWaiting} THEN 0 ELSE 1 END, CASE WHEN ${isWaiting} THEN NULL ELSE ${now} - (${total} - n) END,
      5.5, '{"index":0,"text":"Some forty characters of text for a task."}',
      CASE WHEN ${isFailed} THEN 'Error: order ' || n || ' is gone' END,
      CASE WHEN n % ${tagged} = 0 THEN '["tenant:1"]' END
    FROM numbers;
    INSERT INTO task_tags SELECT 'tenant:1', id FROM queued_tasks WHERE tags IS NOT NULL;
    COMMIT;
    PRAGMA synchronous = NORMAL;`);
  sqlite.close();
}

async function fillPostgres(url: string, { ended, waiting, failed }: Filling): Promise<void> {
  await using session = new PostgresSession(url);
  const total = ended + failed + waiting;
  const isFailed = `(n <= ${ended + failed} AND n % ${Math.ceil((ended + failed) / failed)} = 0)`;
  const isWaiting = `(n > ${ended + failed})`;
  await session.sql.unsafe(`
    SET synchronous_commit = off;
    INSERT INTO evertask.queued_tasks (id, type, handler, status, audit_level, queue_name, priority, created_at_utc,
      due_at_utc, attempt, lease_token, claimed_at_utc, last_execution_utc, execution_time_ms, request, exception, tags)
    SELECT (${id} lpad(to_hex(n), 12, '0'))::uuid, (ARRAY['${
    types.join("','")
  }'])[n % 5 + 1], 'handler',
      CASE WHEN ${isWaiting} THEN 'Queued' WHEN ${isFailed} THEN 'Failed' ELSE 'Completed' END, 0, 'default', 0,
      now() - (${total} - n) * interval '1 millisecond', CASE WHEN ${isWaiting} THEN now() + n * interval '1 millisecond' END,
      CASE WHEN ${isWaiting} THEN 0 ELSE 1 END, CASE WHEN ${isWaiting} THEN 0 ELSE 1 END,
      CASE WHEN NOT ${isWaiting} THEN now() - (${total} - n) * interval '1 millisecond' END,
      CASE WHEN NOT ${isWaiting} THEN now() - (${total} - n) * interval '1 millisecond' END, 5.5,
      '{"index":0,"text":"Some forty characters of text for a task."}',
      CASE WHEN ${isFailed} THEN 'Error: order ' || n || ' is gone' END,
      CASE WHEN n % ${tagged} = 0 THEN '{tenant:1}'::text[] END
    FROM generate_series(1, ${total}) AS n;
    INSERT INTO evertask.task_tags SELECT 'tenant:1', id FROM evertask.queued_tasks WHERE tags IS NOT NULL`)
    .simple();
}
