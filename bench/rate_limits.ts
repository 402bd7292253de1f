// Measures the cost of rate limits that delay no task: the same drain without a limit, with a
// budget for all tasks together, and with a budget for each of many keys.

import type { RateLimitOptions } from "@evertask/evertask";
import { drain, storeBacklog } from "./measures/drain.ts";
import type { CountedPayload } from "./support/counting_task.ts";
import { median, rate, ratio } from "./support/figures.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 20_000;
const tasksOfKey = 5;
const period = { seconds: 1 };

/** The rate limits, none of which delays a task. */
const limits: readonly [name: string, rateLimit: RateLimitOptions<CountedPayload> | undefined][] = [
  ["none", undefined],
  ["1,000,000 a second", { permits: 1_000_000, period }],
  ["10 a second and key", {
    permits: 2 * tasksOfKey,
    period,
    key: ({ index }) => String(Math.floor(index / tasksOfKey)),
  }],
];

/** One row of the report. */
export interface RateLimitFigures {
  readonly store: string;
  readonly limit: string;
  readonly tasksPerSecond: number;
  /** The ratio to tasks without a limit. */
  readonly ratio: number;
}

/** Compares rate limits. */
export const rateLimitsSubject: Subject = {
  name: "rate-limits",
  about: "draining at Full with rate limits that delay no task",
  async run({ stores, runs, tasks: asked }, progress) {
    const tasks = asked ?? defaultTasks;
    const results: RateLimitFigures[] = [];
    for (const store of await openStores(stores)) {
      await using measured = store;
      await using database = await measured.createDatabase();
      const rates = limits.map((): number[] => []);
      for (let round = 0; round <= runs; round++) {
        // In turns, so that other work of the machine affects all alike; the first round is a
        // warm-up.
        for (const [index, [name, rateLimit]] of limits.entries()) {
          progress(`${measured.name}: limit: ${name}, run ${round} of ${runs}`);
          await storeBacklog(database, "Full", tasks);
          const { tasksPerSecond } = await drain(database, tasks, rateLimit && { rateLimit });
          if (round > 0) rates[index]!.push(tasksPerSecond);
        }
      }
      for (const [index, [limit]] of limits.entries()) {
        const tasksPerSecond = median(rates[index]!);
        const toNone = tasksPerSecond / median(rates[0]!);
        results.push({ store: measured.name, limit, tasksPerSecond, ratio: toNone });
      }
    }
    const text = table(
      ["store", "limit", "drained/s", "ratio"],
      results.map((row) => [row.store, row.limit, rate(row.tasksPerSecond), ratio(row.ratio)]),
    );
    return { data: results, text };
  },
};
