// Measures the cost of a task in PostgreSQL at each audit level: write-ahead log, row versions,
// processor time. It measures the lifecycle (tasks are dispatched one by one, and stored as
// claimed) and a drain (tasks are claimed from a stored backlog).

import process from "node:process";
import { type AuditLevel, auditLevels } from "@evertask/evertask";
import { drain, storeBacklog } from "./measures/drain.ts";
import { measureLifecycle } from "./measures/lifecycle.ts";
import { grouped, medians } from "./support/figures.ts";
import { PostgresSession } from "./support/postgres_session.ts";
import type { BenchStore } from "./support/bench_store.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 20_000;

/** The kinds of work that are measured. */
type Work = "lifecycle" | "drain";

const works: readonly Work[] = ["lifecycle", "drain"];

/** Figures per task. */
interface TaskCost {
  readonly walBytes: number;
  /** Row versions written: inserts and updates. */
  readonly rowVersions: number;
  /** Updates that needed no new index entries. */
  readonly hotUpdates: number;
  readonly serverMicroseconds: number;
  readonly clientMicroseconds: number;
}

async function measureCost(
  store: BenchStore,
  work: Work,
  auditLevel: AuditLevel,
  tasks: number,
): Promise<TaskCost> {
  await using database = await store.createDatabase();
  const storage = database.storage();
  await storage.open(); // creates the schema before the measurement
  await storage.close();
  if (work === "drain") await storeBacklog(database, auditLevel, tasks);
  await using session = new PostgresSession(database.address);
  const look = async () => {
    const client = process.cpuUsage();
    await session.othersEnded();
    return {
      wal: await session.walBytes(),
      server: await session.processorMicroseconds() ?? NaN,
      client,
      rows: await countRowVersions(session),
    };
  };
  const before = await look();
  if (work === "drain") await drain(database, tasks);
  else await measureLifecycle(database, { auditLevel, tasks });
  const after = await look();
  const client = after.client.user + after.client.system - before.client.user -
    before.client.system;
  return {
    walBytes: (after.wal - before.wal) / tasks,
    rowVersions: (after.rows.versions - before.rows.versions) / tasks,
    hotUpdates: (after.rows.hot - before.rows.hot) / tasks,
    serverMicroseconds: (after.server - before.server) / tasks,
    clientMicroseconds: client / tasks,
  };
}

async function countRowVersions({ sql }: PostgresSession) {
  const [row] = await sql<[{ versions: string; hot: string }]>`
    SELECT coalesce(sum(n_tup_ins + n_tup_upd), 0) AS versions, coalesce(sum(n_tup_hot_upd), 0) AS hot
    FROM pg_stat_user_tables WHERE schemaname = 'evertask'`;
  return { versions: Number(row.versions), hot: Number(row.hot) };
}

/** Compares the audit levels. */
export const postgresCostSubject: Subject = {
  name: "postgres-cost",
  about: "the cost of a task in PostgreSQL at each audit level: log, rows, processor time",
  async run({ stores, runs, tasks: asked }, progress) {
    const tasks = asked ?? defaultTasks;
    const measured = works.flatMap((work) =>
      auditLevels.map((auditLevel) => ({ work, auditLevel, costs: new Array<TaskCost>() }))
    );
    for (const store of await openStores(stores, ["postgres"])) {
      await using _store = store;
      for (let round = 0; round <= runs; round++) {
        for (const { work, auditLevel, costs } of measured) {
          progress(
            `${work}, ${auditLevel}, ${round === 0 ? "warm-up" : `run ${round} of ${runs}`}`,
          );
          const cost = await measureCost(store, work, auditLevel, tasks);
          if (round > 0) costs.push(cost);
        }
      }
    }
    const results = measured.map(({ costs, ...subject }) => ({ ...subject, ...medians(costs) }));
    const text = table(
      ["a task", "log bytes", "row versions", "of them HOT", "server CPU µs", "client CPU µs"],
      results.map((row) => [
        `${row.work}, ${row.auditLevel}`,
        grouped(row.walBytes),
        row.rowVersions.toFixed(2),
        row.hotUpdates.toFixed(2),
        grouped(row.serverMicroseconds),
        grouped(row.clientMicroseconds),
      ]),
    );
    return { data: results, text };
  },
};
