// A series in a history.

import type { Recurrence } from "../../schedule/recurrence.ts";

/** A series as it was stored. Instants are in milliseconds from the start. */
export interface StoredSeries {
  /** The schedule, without its limits and anchor. */
  readonly schedule: Recurrence;
  readonly anchorAt: number;
  readonly maxRuns: number | null;
  readonly runUntil: number | null;
  readonly nextRunAt: number;
}
