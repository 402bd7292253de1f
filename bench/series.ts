// Measures the effect of series that are not due: the same dispatches and the same drain without
// series in the store, and with a hundred thousand.

import { createEverTask } from "@evertask/evertask";
import { drain, storeBacklog } from "./measures/drain.ts";
import { measureLatency } from "./measures/latency.ts";
import { countedPayload, CountingTask } from "./support/counting_task.ts";
import { grouped, medians, milliseconds, rate, ratio } from "./support/figures.ts";
import type { BenchDatabase } from "./support/open_storage.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 20_000;
const tasksForLatency = 500;

/** The result of the measurement. */
interface Figures {
  readonly dispatchedPerSecond: number;
  readonly drainedPerSecond: number;
  /**
   * The time from the call of `dispatch` to the call of the handler, with one task at a time. In
   * milliseconds.
   */
  readonly latency: number;
}

/** One row of the report. */
export interface SeriesFigures extends Figures {
  readonly store: string;
  readonly series: number;
  /** The ratios to the figures without series. */
  readonly ratios: Figures;
}

/** The number of concurrent dispatches of series. */
const portion = 5_000;

/**
 * Stores series with the queue and type of the measured tasks, and with next runs spread over the
 * next year.
 */
async function storeSeries(database: BenchDatabase, series: number): Promise<void> {
  const { task } = new CountingTask(Infinity);
  const everTask = createEverTask({ storage: database.storage(), tasks: [task] });
  for (let stored = 0; stored < series; stored += portion) {
    const indexes = Array.from(
      { length: Math.min(portion, series - stored) },
      (_, i) => stored + i,
    );
    await Promise.all(indexes.map((index) => {
      const days = 1 + Math.floor(index / series * 364);
      return everTask.dispatch(task, countedPayload(index), {
        recurring: (r) => r.runDelayed({ days }).andThen().everyDay().atTime("09:00"),
        taskKey: `series ${index}`,
        queue: "default",
      });
    }));
  }
  await everTask.stop();
}

async function measure(database: BenchDatabase, tasks: number): Promise<Figures> {
  const startedAt = performance.now();
  await storeBacklog(database, "Full", tasks);
  const seconds = (performance.now() - startedAt) / 1000;
  const { tasksPerSecond } = await drain(database, tasks);
  const { p50 } = await measureLatency(database, {
    auditLevel: "Full",
    callers: 1,
    tasks: tasksForLatency,
  });
  return { dispatchedPerSecond: tasks / seconds, drainedPerSecond: tasksPerSecond, latency: p50 };
}

/** Compares a store without series with one that has many. */
export const seriesSubject: Subject = {
  name: "series",
  about: "dispatching and draining at Full beside many series that are not due",
  async run({ stores, runs, tasks: asked, series }, progress) {
    const tasks = asked ?? defaultTasks;
    const results: SeriesFigures[] = [];
    for (const store of await openStores(stores)) {
      await using measured = store;
      await using empty = await measured.createDatabase();
      await using full = await measured.createDatabase();
      progress(`${measured.name}: storing ${grouped(series)} series`);
      await storeSeries(full, series);
      for (const database of [full, empty]) await database.settle?.();
      const places = [{ count: 0, database: empty }, { count: series, database: full }];
      const rounds = places.map((): Figures[] => []);
      for (let round = 0; round <= runs; round++) {
        // In turns, so that other work of the machine affects both alike; the first round is a
        // warm-up.
        for (const [index, { count, database }] of places.entries()) {
          progress(`${measured.name}: ${grouped(count)} series, run ${round} of ${runs}`);
          const figures = await measure(database, tasks);
          if (round > 0) rounds[index]!.push(figures);
        }
      }
      const ofNone = medians(rounds[0]!);
      for (const [index, { count }] of places.entries()) {
        const figures = medians(rounds[index]!);
        const ratios = {
          dispatchedPerSecond: figures.dispatchedPerSecond / ofNone.dispatchedPerSecond,
          drainedPerSecond: figures.drainedPerSecond / ofNone.drainedPerSecond,
          latency: figures.latency / ofNone.latency,
        };
        results.push({ store: measured.name, series: count, ...figures, ratios });
      }
    }
    const text = table(
      ["store", "series", "dispatched/s", "ratio", "drained/s", "ratio", "alone, p50", "ratio"],
      results.map(({ ratios, ...row }) => [
        row.store,
        grouped(row.series),
        rate(row.dispatchedPerSecond),
        ratio(ratios.dispatchedPerSecond),
        rate(row.drainedPerSecond),
        ratio(ratios.drainedPerSecond),
        milliseconds(row.latency),
        ratio(ratios.latency),
      ]),
    );
    return { data: results, text };
  },
};
