// Measures the effect of history: the same drain with an empty store and with millions of ended
// tasks, and the time to find the tasks of a lost worker.

import { drain, storeBacklog } from "./measures/drain.ts";
import { grouped, median, milliseconds, rate, ratio } from "./support/figures.ts";
import { takeover, type TakeoverFigures } from "./measures/takeover.ts";
import type { BenchDatabase } from "./support/open_storage.ts";
import { PostgresSession } from "./support/postgres_session.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 20_000;

/** One row of the report. */
interface FinishedRowsFigures extends TakeoverFigures {
  readonly finished: number;
  readonly tasksPerSecond: number;
  readonly ratio: number;
}

/**
 * Inserts ended tasks with three audit rows each, as after long use: they ran during the last
 * month, and their ids are older than all new ones.
 *
 * The fill factor is a little higher while they are inserted, so that their pages have no room for
 * new rows. Otherwise each page would have room for one or two of the measured tasks, which would
 * be spread over all of history. In use, vacuum soon frees the space of ended tasks for new rows.
 */
async function insertFinished({ sql }: PostgresSession, count: number): Promise<void> {
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
}

async function prepare(database: BenchDatabase, finished: number): Promise<void> {
  const storage = database.storage();
  await storage.open();
  await storage.close();
  await using session = new PostgresSession(database.address);
  await insertFinished(session, finished);
  await database.settle?.();
}

/** Compares an empty store with one that has many ended tasks. */
export const finishedRowsSubject: Subject = {
  name: "finished-rows",
  about: "PostgreSQL: draining, and taking over from a lost worker, beside millions of ended tasks",
  async run({ stores, runs, tasks: asked, finished }, progress) {
    const tasks = asked ?? defaultTasks;
    const results: FinishedRowsFigures[] = [];
    for (const store of await openStores(stores, ["postgres"])) {
      await using measured = store;
      await using empty = await measured.createDatabase();
      await using full = await measured.createDatabase();
      progress(`storing ${grouped(finished)} ended tasks`);
      await prepare(full, finished);
      await prepare(empty, 0);
      const places = [{ count: 0, database: empty }, { count: finished, database: full }];
      const rates = places.map((): number[] => []);
      for (let round = 0; round <= runs; round++) {
        // In turns, so that other work of the machine affects both alike; the first round is a
        // warm-up.
        for (const [index, { count, database }] of places.entries()) {
          progress(`${grouped(count)} ended tasks, run ${round} of ${runs}`);
          await storeBacklog(database, "Full", tasks);
          const { tasksPerSecond } = await drain(database, tasks);
          if (round > 0) rates[index]!.push(tasksPerSecond);
        }
      }
      for (const [index, { count, database }] of places.entries()) {
        const tasksPerSecond = median(rates[index]!);
        const times = await takeover(database);
        const ofNone = tasksPerSecond / median(rates[0]!);
        results.push({ finished: count, tasksPerSecond, ratio: ofNone, ...times });
      }
    }
    const text = table(
      ["drain at Full", "tasks/s", "ratio", "a new worker lost", "an old one"],
      results.map((row) => [
        `${grouped(row.finished)} ended tasks`,
        rate(row.tasksPerSecond),
        ratio(row.ratio),
        milliseconds(row.youngMs),
        milliseconds(row.oldMs),
      ]),
    );
    return { data: results, text };
  },
};
