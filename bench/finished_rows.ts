// Measures the effect of history: the same drain with an empty store and with millions of ended
// tasks, the time to find the tasks of a lost worker, and the time of the statistics.

import { drain, storeBacklog } from "./measures/drain.ts";
import { storeFinished } from "./measures/finished.ts";
import { grouped, median, milliseconds, rate, ratio } from "./support/figures.ts";
import { type StatisticsTimes, statisticsTimes } from "./measures/statistics_times.ts";
import { takeover, type TakeoverFigures } from "./measures/takeover.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 20_000;

/** The number of ended tasks by default. */
const defaultFinished = 2_000_000;

/** One row of the report. */
interface FinishedRowsFigures extends TakeoverFigures, StatisticsTimes {
  readonly finished: number;
  readonly tasksPerSecond: number;
  readonly ratio: number;
}

/** Compares an empty store with one that has many ended tasks. */
export const finishedRowsSubject: Subject = {
  name: "finished-rows",
  about:
    "PostgreSQL: draining, taking over from a lost worker, and statistics, beside millions of ended tasks",
  async run({ stores, runs, tasks: asked, finished: askedFinished }, progress) {
    const tasks = asked ?? defaultTasks;
    const finished = askedFinished ?? defaultFinished;
    const results: FinishedRowsFigures[] = [];
    for (const store of await openStores(stores, ["postgres"])) {
      await using measured = store;
      await using empty = await measured.createDatabase();
      await using full = await measured.createDatabase();
      progress(`storing ${grouped(finished)} ended tasks`);
      await storeFinished(full, finished);
      await storeFinished(empty, 0);
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
        const statistics = await statisticsTimes(database);
        const times = await takeover(database);
        const ofNone = tasksPerSecond / median(rates[0]!);
        results.push({ finished: count, tasksPerSecond, ratio: ofNone, ...times, ...statistics });
      }
    }
    const text = table(
      [
        "drain at Full",
        "tasks/s",
        "ratio",
        "a new worker lost",
        "an old one",
        "statistics",
        "exact",
      ],
      results.map((row) => [
        `${grouped(row.finished)} ended tasks`,
        rate(row.tasksPerSecond),
        ratio(row.ratio),
        milliseconds(row.youngMs),
        milliseconds(row.oldMs),
        milliseconds(row.statisticsMs),
        milliseconds(row.exactMs),
      ]),
    );
    return { data: results, text };
  },
};
