// Measures how many worker processes get along on one PostgreSQL: their statements while idle, and
// while busy the waits for locks and the durations of claims.

import { createEverTask } from "@evertask/evertask";
import { storeBacklog } from "./measures/drain.ts";
import { BenchProcess } from "./support/child_process.ts";
import { milliseconds, percentile, rate } from "./support/figures.ts";
import type { BenchStore } from "./support/bench_store.ts";
import { PostgresSession } from "./support/postgres_session.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 100_000;
const processCounts = [1, 8, 32];
/** The duration of idling, in seconds: several heartbeats. */
const idleSeconds = 20;
/** The interval between looks at the locks, in milliseconds. */
const lookEveryMs = 20;

/** One row of the report. */
interface CrowdFigures {
  readonly processes: number;
  readonly idleStatementsPerSecond: number;
  readonly tasksPerSecond: number;
  /** The share of looks at which a session waited for a lock: idle, and busy. */
  readonly idleLockWaits: number;
  readonly busyLockWaits: number;
  readonly claimP50Ms: number;
  readonly claimP99Ms: number;
}

const pause = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));

/**
 * Watches a database from a session in another database of the same server, so that what it asks
 * does not count.
 */
class Onlooker implements AsyncDisposable {
  readonly #session: PostgresSession;
  readonly #database: string;

  constructor(address: string) {
    const url = new URL(address);
    this.#database = url.pathname.slice(1);
    url.pathname = "/postgres";
    this.#session = new PostgresSession(url.href);
  }

  /** Returns the share of looks at which a session waited for a lock, until `end` settles. */
  async lockWaitsUntil(end: Promise<unknown>): Promise<number> {
    let [looks, waits, ended] = [0, 0, false];
    void end.finally(() => ended = true);
    while (!ended) {
      const [row] = await this.#session.sql<[{ waiting: number }]>`
        SELECT count(*)::int AS waiting FROM pg_stat_activity
        WHERE datname = ${this.#database} AND wait_event_type = 'Lock'`;
      looks++;
      if (row.waiting > 0) waits++;
      await pause(lookEveryMs);
    }
    return waits / looks;
  }

  /** Returns the transactions of the database so far. Each statement of the driver is one. */
  async transactions(): Promise<number> {
    const [row] = await this.#session.sql<[{ number: string }]>`
      SELECT xact_commit + xact_rollback AS number FROM pg_stat_database
      WHERE datname = ${this.#database}`;
    return Number(row.number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

async function measure(store: BenchStore, processes: number, tasks: number): Promise<CrowdFigures> {
  await using database = await store.createDatabase();
  await using control = createEverTask({ storage: database.storage(), tasks: [] });
  await control.queues.pause("default");
  await storeBacklog(database, "Full", tasks);
  await using session = new PostgresSession(database.address);
  await using onlooker = new Onlooker(database.address);
  await using workers = new AsyncDisposableStack();
  const started: BenchProcess[] = [];
  for (let index = 0; index < processes; index++) {
    const worker = workers.use(new BenchProcess("crowd_worker.ts", store.name, database.address));
    await worker.next();
    started.push(worker);
  }
  await pause(2_000); // the sessions report their transactions with a delay
  const before = await onlooker.transactions();
  const idleLockWaits = await onlooker.lockWaitsUntil(pause(idleSeconds * 1000));
  await pause(2_000);
  const idleStatements = await onlooker.transactions() - before;
  const startedAt = performance.now();
  const drained = (async () => {
    await control.queues.resume("default");
    while (
      (await session.sql`SELECT FROM evertask.queued_tasks WHERE due_at_utc IS NOT NULL LIMIT 1`)
        .length > 0
    ) {
      await pause(50);
    }
  })();
  const busyLockWaits = await onlooker.lockWaitsUntil(drained);
  const seconds = (performance.now() - startedAt) / 1000;
  const claims: number[] = [];
  for (const worker of started) {
    await worker.end();
    claims.push(...await worker.next<number[]>());
  }
  return {
    processes,
    idleStatementsPerSecond: idleStatements / (idleSeconds + 2),
    tasksPerSecond: tasks / seconds,
    idleLockWaits,
    busyLockWaits,
    claimP50Ms: percentile(claims, 0.5),
    claimP99Ms: percentile(claims, 0.99),
  };
}

/** Compares 1, 8 and 32 processes. */
export const crowdSubject: Subject = {
  name: "crowd",
  about: `${processCounts.join(", ")} worker processes on PostgreSQL: idle, and draining one queue`,
  async run({ stores, tasks: asked }, progress) {
    const tasks = asked ?? defaultTasks;
    const results: CrowdFigures[] = [];
    for (const store of await openStores(stores, ["postgres"])) {
      await using measured = store;
      for (const processes of processCounts) {
        progress(`${store.name}: ${processes} processes`);
        results.push(await measure(measured, processes, tasks));
      }
    }
    const share = (value: number) => `${(100 * value).toFixed(1)} %`;
    const text = table(
      [
        "processes",
        "idle statements/s",
        "idle lock waits",
        "tasks/s",
        "busy lock waits",
        "claim p50",
        "claim p99",
      ],
      results.map((row) => [
        `${row.processes}`,
        row.idleStatementsPerSecond.toFixed(1),
        share(row.idleLockWaits),
        rate(row.tasksPerSecond),
        share(row.busyLockWaits),
        milliseconds(row.claimP50Ms),
        milliseconds(row.claimP99Ms),
      ]),
    );
    return { data: results, text };
  },
};
