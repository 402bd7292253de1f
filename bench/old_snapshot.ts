// Measures the effect of a transaction that stays open: PostgreSQL then keeps every later row
// version, and claims scan more and more dead index entries. The tasks run in portions, whose
// figures show the decline.

import { drain, storeBacklog } from "./measures/drain.ts";
import { grouped, median, rate, ratio } from "./support/figures.ts";
import { PostgresSession } from "./support/postgres_session.ts";
import type { BenchStore } from "./support/bench_store.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 200_000;
const portions = 10;

/** The throughput of each portion, in order, in one database. */
async function measurePortions(store: BenchStore, held: boolean, tasks: number): Promise<number[]> {
  await using database = await store.createDatabase();
  const storage = database.storage();
  await storage.open();
  await storage.close();
  await using session = new PostgresSession(database.address);
  if (held) {
    await session.sql`BEGIN ISOLATION LEVEL REPEATABLE READ`;
    await session.sql`SELECT count(*) FROM evertask.queued_tasks`; // takes the snapshot
  }
  const rates: number[] = [];
  const portion = Math.max(1, Math.round(tasks / portions));
  for (let index = 0; index < portions; index++) {
    await storeBacklog(database, "Full", portion);
    rates.push((await drain(database, portion)).tasksPerSecond);
  }
  if (held) await session.sql`ROLLBACK`;
  return rates;
}

/** Compares throughput with and without an old snapshot. */
export const oldSnapshotSubject: Subject = {
  name: "old-snapshot",
  about: "PostgreSQL: draining while a transaction with an old snapshot stays open",
  async run({ stores, runs, tasks: asked }, progress) {
    const tasks = asked ?? defaultTasks;
    const results = [];
    for (const store of await openStores(stores, ["postgres"])) {
      await using measured = store;
      const free: number[][] = [];
      const held: number[][] = [];
      for (let round = 1; round <= runs; round++) {
        progress(`without, run ${round} of ${runs}`);
        free.push(await measurePortions(measured, false, tasks));
        progress(`with an old snapshot, run ${round} of ${runs}`);
        held.push(await measurePortions(measured, true, tasks));
      }
      for (let index = 0; index < portions; index++) {
        const [without, withSnapshot] = [free, held].map((rates) =>
          median(rates.map((rate) => rate[index]!))
        ) as [number, number];
        results.push({
          tasksBefore: Math.round(tasks / portions) * index,
          without,
          withSnapshot,
          ratio: withSnapshot / without,
        });
      }
    }
    const text = table(
      ["drain at Full", "without", "old snapshot", "ratio"],
      results.map((row) => [
        `after ${grouped(row.tasksBefore)} tasks`,
        rate(row.without),
        rate(row.withSnapshot),
        ratio(row.ratio),
      ]),
    );
    return { data: results, text };
  },
};
