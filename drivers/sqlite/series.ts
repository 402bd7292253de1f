// Writes the columns that only recurring tasks have.

import type { NewSeries, SeriesCorrection } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";
import { countChange } from "./counters.ts";

const setSeries = "UPDATE queued_tasks SET recurring_task = ?, recurring_info = ?, " +
  "max_runs = ?, run_until = ?, anchor_utc = ?, next_run_utc = ?, current_run_count = ? " +
  "WHERE id = ?";

/** Makes a stored task recurring, or changes the schedule of a series. */
export function writeSeries(
  connection: Connection,
  taskId: string,
  series: NewSeries,
  runCount: number,
): void {
  connection.run(
    setSeries,
    series.schedule,
    series.info,
    series.maxRuns,
    series.runUntil,
    series.anchorAt,
    series.nextRunAt,
    runCount,
    taskId,
  );
}

/** The condition excludes claimed tasks, which have no due instant. */
const correctTimes = "UPDATE queued_tasks SET next_run_utc = ?1, anchor_utc = ?2, " +
  "due_at_utc = min(due_at_utc, ?3) " +
  "WHERE id = ?4 AND next_run_utc = ?5 AND due_at_utc IS NOT NULL AND recurring_task IS NOT NULL";

/** Corrects the next run and anchor of waiting series; see `Storage.correctSeries`. */
export function correctSeries(
  connection: Connection,
  corrections: readonly SeriesCorrection[],
): boolean[] {
  return connection.transaction(() => {
    const results = corrections.map(({ taskId, plannedAt, nextRunAt, anchorAt, dueAt }) =>
      connection.run(correctTimes, nextRunAt, anchorAt, dueAt, taskId, plannedAt) > 0
    );
    if (results.includes(true)) countChange(connection, "task_changes");
    return results;
  });
}
