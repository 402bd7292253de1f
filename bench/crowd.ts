// Measures how many worker processes get along on one PostgreSQL: their statements while idle, and
// while busy what they wait for, and how long claims take.

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
  /** What claims waited for, as shares of the looks at a running claim. */
  readonly claimWaits: Readonly<Record<string, number>>;
  /**
   * The looks at which a claim waited for a lock of another claim. PostgreSQL waits in spite of SKIP
   * LOCKED if it follows a row to the version of a transaction that has just ended, and a third
   * transaction has locked that version (heap_lock_updated_tuple in its heapam.c).
   */
  readonly claimsBlockedByClaims: number;
  /** The deadlocks that PostgreSQL resolved while busy. */
  readonly deadlocks: number;
  /** The locks that sessions waited for while busy: how often each was seen, most frequent first. */
  readonly locks: readonly LockWait[];
  readonly claimP50Ms: number;
  readonly claimP99Ms: number;
  /** The duration of a statement that does nothing, sent by the same processes at the same time. */
  readonly nothingP50Ms: number;
  readonly nothingP99Ms: number;
}

/** A kind of lock wait. */
interface LockWait {
  /** The function that waited. */
  readonly waiting: string;
  /** What it waited for, in the terms of pg_stat_activity: "extend", "transactionid", … */
  readonly lock: string;
  /** The function that held the lock. Empty if the lock was free again. */
  readonly held: string;
  readonly looks: number;
}

/** What an {@linkcode Onlooker} saw. */
interface Looks {
  readonly looks: number;
  /** The looks at which any session waited for a lock. */
  readonly withLockWait: number;
  readonly claimWaits: ReadonlyMap<string, number>;
  readonly locks: readonly LockWait[];
}

/** The durations that a process measured, in milliseconds. */
interface WorkerDurations {
  readonly claims: readonly number[];
  readonly nothing: readonly number[];
}

/** The smallest share of the looks at running claims that the report names. */
const rareShare = 0.02;

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

  /** Looks at what sessions wait for, until `end` settles. */
  async lookUntil(end: Promise<unknown>): Promise<Looks> {
    let [looks, withLockWait, ended] = [0, 0, false];
    const claimWaits = new Map<string, number>();
    const locks = new Map<string, LockWait>();
    void end.finally(() => ended = true);
    while (!ended) {
      const active = await this.#session.sql<
        { query: string; type: string | null; event: string | null; holders: string[] }[]
      >`
        SELECT a.query, a.wait_event_type AS type, a.wait_event AS event,
          CASE WHEN a.wait_event_type = 'Lock' THEN ARRAY(
            SELECT h.query FROM pg_stat_activity AS h WHERE h.pid = ANY (pg_blocking_pids(a.pid))
          ) ELSE '{}' END AS holders
        FROM pg_stat_activity AS a WHERE a.datname = ${this.#database} AND a.state = 'active'`;
      looks++;
      if (active.some(({ type }) => type === "Lock")) withLockWait++;
      for (const { query, type, event, holders } of active) {
        const waiting = functionOf(query);
        if (waiting === "claim_tasks") {
          const wait = type === null ? "processor" : type === "Lock" ? "lock" : `${type} ${event}`;
          claimWaits.set(wait, (claimWaits.get(wait) ?? 0) + 1);
        }
        if (type !== "Lock") continue;
        const held = [...new Set(holders.map(functionOf))].join(", ");
        const key = JSON.stringify([waiting, event, held]);
        const seen = locks.get(key)?.looks ?? 0;
        locks.set(key, { waiting, lock: event!, held, looks: seen + 1 });
      }
      await pause(lookEveryMs);
    }
    const frequentFirst = [...locks.values()].sort((a, b) => b.looks - a.looks);
    return { looks, withLockWait, claimWaits, locks: frequentFirst };
  }

  /**
   * Returns the transactions of the database so far, and the deadlocks. Each statement of the driver
   * is a transaction.
   */
  async counts(): Promise<{ transactions: number; deadlocks: number }> {
    const [row] = await this.#session.sql<[{ transactions: string; deadlocks: string }]>`
      SELECT xact_commit + xact_rollback AS transactions, deadlocks FROM pg_stat_database
      WHERE datname = ${this.#database}`;
    return { transactions: Number(row.transactions), deadlocks: Number(row.deadlocks) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

/** Returns the function that a statement of the driver calls, or the start of the statement. */
function functionOf(query: string): string {
  return /"evertask"\.(\w+)\(/.exec(query)?.[1] ?? query.slice(0, 40);
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
  const before = await onlooker.counts();
  const idle = await onlooker.lookUntil(pause(idleSeconds * 1000));
  await pause(2_000);
  const idled = await onlooker.counts();
  const idleStatements = idled.transactions - before.transactions;
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
  const busy = await onlooker.lookUntil(drained);
  const seconds = (performance.now() - startedAt) / 1000;
  const [claims, nothing]: [number[], number[]] = [[], []];
  for (const worker of started) {
    await worker.end();
    const durations = await worker.next<WorkerDurations>();
    claims.push(...durations.claims);
    nothing.push(...durations.nothing);
  }
  const { deadlocks } = await onlooker.counts(); // each worker has reported its own when it ended
  return {
    processes,
    idleStatementsPerSecond: idleStatements / (idleSeconds + 2),
    tasksPerSecond: tasks / seconds,
    idleLockWaits: idle.withLockWait / idle.looks,
    busyLockWaits: busy.withLockWait / busy.looks,
    claimWaits: shares(busy.claimWaits),
    claimsBlockedByClaims: busy.locks
      .filter(({ waiting, held }) => waiting === "claim_tasks" && held.includes("claim_tasks"))
      .reduce((sum, { looks }) => sum + looks, 0),
    deadlocks: deadlocks - idled.deadlocks,
    locks: busy.locks,
    claimP50Ms: percentile(claims, 0.5),
    claimP99Ms: percentile(claims, 0.99),
    nothingP50Ms: percentile(nothing, 0.5),
    nothingP99Ms: percentile(nothing, 0.99),
  };
}

/** Returns each number as its share of their sum, largest first. */
function shares(numbers: ReadonlyMap<string, number>): Record<string, number> {
  const sum = [...numbers.values()].reduce((a, b) => a + b, 0);
  const sorted = [...numbers].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(sorted.map(([key, number]) => [key, number / sum]));
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
    const figures = table(
      [
        "processes",
        "idle statements/s",
        "idle lock waits",
        "tasks/s",
        "busy lock waits",
        "claims that wait for claims",
        "deadlocks",
        "claim p50",
        "claim p99",
        "nothing p50",
        "nothing p99",
      ],
      results.map((row) => [
        `${row.processes}`,
        row.idleStatementsPerSecond.toFixed(1),
        share(row.idleLockWaits),
        rate(row.tasksPerSecond),
        share(row.busyLockWaits),
        `${row.claimsBlockedByClaims}`,
        `${row.deadlocks}`,
        milliseconds(row.claimP50Ms),
        milliseconds(row.claimP99Ms),
        milliseconds(row.nothingP50Ms),
        milliseconds(row.nothingP99Ms),
      ]),
    );
    const claims = table(
      ["processes", "what running claims wait for"],
      results.map((row) => [
        `${row.processes}`,
        Object.entries(row.claimWaits).filter(([, value]) => value >= rareShare)
          .map(([wait, value]) => `${wait} ${share(value)}`).join(", "),
      ]),
    );
    const locks = table(
      ["processes", "waiting", "lock", "held by", "looks"],
      results.flatMap((row) =>
        row.locks.map((wait) => [
          `${row.processes}`,
          wait.waiting,
          wait.lock,
          wait.held,
          `${wait.looks}`,
        ])
      ),
    );
    const text = [figures, claims, locks].join("\n\n");
    return { data: results, text };
  },
};
