// The part of a task's row that only recurring tasks have.

import type { NewSeries } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";

const setSeries = "UPDATE queued_tasks SET recurring_task = ?, recurring_info = ?, " +
  "max_runs = ?, run_until = ?, anchor_utc = ?, next_run_utc = ?, current_run_count = ? " +
  "WHERE id = ?";

/** Makes a stored task recurring, or gives a series another schedule. */
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
