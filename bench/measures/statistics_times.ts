// Measures how long the statistics of a whole store take.

import type { BenchDatabase } from "../support/open_storage.ts";
import { median } from "../support/figures.ts";

/** The result of the measurement, in milliseconds. */
export interface StatisticsTimes {
  /** Of statistics that may be estimated. */
  readonly statisticsMs: number;
  /** Of a count of all tasks. */
  readonly exactMs: number;
  /** Of the growth of the history, which may be estimated. */
  readonly growthMs: number;
  /** Of a count of all history. */
  readonly exactGrowthMs: number;
}

const runs = 5;

/** Asks for the statistics several times. Returns the medians. */
export async function statisticsTimes(database: BenchDatabase): Promise<StatisticsTimes> {
  const storage = database.storage();
  await storage.open();
  const timesOf = async (name: "statistics" | "auditGrowth", exact: boolean): Promise<number> => {
    const times: number[] = [];
    for (let run = 0; run < runs; run++) {
      const began = performance.now();
      await storage[name]({ exact });
      times.push(performance.now() - began);
    }
    return median(times);
  };
  const statisticsMs = await timesOf("statistics", false);
  const exactMs = await timesOf("statistics", true);
  const growthMs = await timesOf("auditGrowth", false);
  const exactGrowthMs = await timesOf("auditGrowth", true);
  await storage.close();
  return { statisticsMs, exactMs, growthMs, exactGrowthMs };
}
