// Whether history slows work down: the same drain with an empty store, and with millions of ended tasks in it.

import { drain, storeBacklog } from "./measures/drain.ts";
import { grouped, median, rate, ratio } from "./support/figures.ts";
import { PostgresSession } from "./support/postgres_session.ts";
import { type BenchStore, openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 20_000;

/** Ended tasks with their three audit rows, as they lie there after long use: their ids are older than all new ones. */
async function insertFinished({ sql }: PostgresSession, count: number): Promise<void> {
  await sql`
    INSERT INTO evertask.queued_tasks (id, created_at_utc, last_execution_utc, execution_time_ms,
      lease_token, attempt, audit_level, status, queue_name, type, handler, request)
    SELECT ('017f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(), now(), 1, 1, 1, 0,
      'Completed', 'default', 'counted', 'counted', '{"index":0,"text":"Some forty characters of text for a task."}'
    FROM generate_series(1, ${count}::int) AS n`;
  await sql`
    INSERT INTO evertask.status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT ('017f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(), status
    FROM generate_series(1, ${count}::int) AS n,
      unnest(ARRAY['Queued', 'InProgress', 'Completed']) AS status`;
  await sql`VACUUM ANALYZE evertask.queued_tasks, evertask.status_audit`;
}

async function measureAfter(
  store: BenchStore,
  finished: number,
  tasks: number,
  runs: number,
  progress: (text: string) => void,
): Promise<number> {
  await using database = await store.createDatabase();
  await using session = new PostgresSession(database.address);
  const storage = database.storage();
  await storage.open();
  await storage.close();
  if (finished > 0) {
    progress(`storing ${grouped(finished)} ended tasks`);
    await insertFinished(session, finished);
  }
  const rates: number[] = [];
  for (let round = 0; round <= runs; round++) {
    progress(`${grouped(finished)} ended tasks, run ${round} of ${runs}`);
    await storeBacklog(database, "Full", tasks);
    const { tasksPerSecond } = await drain(database, tasks);
    if (round > 0) rates.push(tasksPerSecond); // the first round is a warm-up
  }
  return median(rates);
}

/** Compares both. */
export const finishedRowsSubject: Subject = {
  name: "finished-rows",
  about: "PostgreSQL: draining beside millions of ended tasks and their history",
  async run({ stores, runs, tasks: asked, finished }, progress) {
    const tasks = asked ?? defaultTasks;
    const results: { finished: number; tasksPerSecond: number; ratio: number }[] = [];
    for (const store of await openStores(stores, ["postgres"])) {
      await using measured = store;
      for (const count of [0, finished]) {
        const tasksPerSecond = await measureAfter(measured, count, tasks, runs, progress);
        const ofNone = results[0]?.tasksPerSecond ?? tasksPerSecond;
        results.push({ finished: count, tasksPerSecond, ratio: tasksPerSecond / ofNone });
      }
    }
    const text = table(
      ["drain at Full", "tasks/s", "ratio"],
      results.map((row) => [
        `${grouped(row.finished)} ended tasks`,
        rate(row.tasksPerSecond),
        ratio(row.ratio),
      ]),
    );
    return { data: results, text };
  },
};
