// Measures the effect of history: the same drain with an empty store and with millions of ended
// tasks, the time to find the tasks of a lost worker, and the time of the statistics.

import { drain, storeBacklog } from "./measures/drain.ts";
import { storeFinished } from "./measures/finished.ts";
import { grouped, median, milliseconds, rate, ratio } from "./support/figures.ts";
import { type StatisticsTimes, statisticsTimes } from "./measures/statistics_times.ts";
import { takeover } from "./measures/takeover.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 20_000;

/** The number of ended tasks by default. */
const defaultFinished = 2_000_000;

/** One row of the report. */
interface FinishedRowsFigures extends StatisticsTimes {
  readonly store: string;
  readonly finished: number;
  readonly tasksPerSecond: number;
  readonly ratio: number;
  /** How long it takes to release the tasks of a lost worker, in milliseconds. */
  readonly lostMs: number;
}

/** Compares an empty store with one that has many ended tasks. */
export const finishedRowsSubject: Subject = {
  name: "finished-rows",
  about: "draining, taking over from a lost worker, and statistics, beside millions of ended tasks",
  async run({ stores, runs, tasks: asked, finished: askedFinished }, progress) {
    const tasks = asked ?? defaultTasks;
    const finished = askedFinished ?? defaultFinished;
    const results: FinishedRowsFigures[] = [];
    for (const store of await openStores(stores, ["sqlite", "postgres"])) {
      await using measured = store;
      await using empty = await measured.createDatabase();
      await using full = await measured.createDatabase();
      progress(`${measured.name}: storing ${grouped(finished)} ended tasks`);
      await storeFinished(measured.name, full, finished);
      await storeFinished(measured.name, empty, 0);
      const places = [{ count: 0, database: empty }, { count: finished, database: full }];
      const rates = places.map((): number[] => []);
      for (let round = 0; round <= runs; round++) {
        // In turns, so that other work of the machine affects both alike; the first round is a
        // warm-up.
        for (const [index, { count, database }] of places.entries()) {
          progress(`${measured.name}: ${grouped(count)} ended tasks, run ${round} of ${runs}`);
          await storeBacklog(database, "Full", tasks);
          const { tasksPerSecond } = await drain(database, tasks);
          if (round > 0) rates[index]!.push(tasksPerSecond);
        }
      }
      for (const [index, { count, database }] of places.entries()) {
        const tasksPerSecond = median(rates[index]!);
        const statistics = await statisticsTimes(database);
        const lostMs = await takeover(database);
        const ofNone = tasksPerSecond / median(rates[0]!);
        results.push({
          store: measured.name,
          finished: count,
          tasksPerSecond,
          ratio: ofNone,
          lostMs,
          ...statistics,
        });
      }
    }
    const text = table(
      [
        "drain at Full",
        "tasks/s",
        "ratio",
        "1,000 tasks of a lost worker",
        "statistics",
        "exact",
        "growth",
        "exact",
      ],
      results.map((row) => [
        `${row.store}, ${grouped(row.finished)} ended tasks`,
        rate(row.tasksPerSecond),
        ratio(row.ratio),
        milliseconds(row.lostMs),
        milliseconds(row.statisticsMs),
        milliseconds(row.exactMs),
        milliseconds(row.growthMs),
        milliseconds(row.exactGrowthMs),
      ]),
    );
    return { data: results, text };
  },
};
