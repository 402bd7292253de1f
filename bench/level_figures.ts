// The figures of an audit level, for the report and for the chart.

import type { AuditLevel } from "@evertask/evertask";
import type { RowCounts } from "./measures/verify.ts";

/** The figures of one audit level on one store. */
export interface LevelFigures {
  readonly store: string;
  readonly auditLevel: AuditLevel;
  /** Tasks of each measurement. */
  readonly tasks: number;
  /** Tasks a second. */
  readonly lifecycle: number;
  /** The ratio of lifecycle to that of Full. */
  readonly lifecycleToFull: number;
  /** Tasks a second. */
  readonly drain: number;
  /** The ratio of drain to that of Full. */
  readonly drainToFull: number;
  /** Milliseconds from dispatch to handler, one task at a time. */
  readonly aloneP50: number;
  readonly aloneP99: number;
  /** The same, while several callers dispatch, each with one task at a time. */
  readonly loadedP50: number;
  readonly loadedP99: number;
  /** Rows of the tasks of one lifecycle measurement. */
  readonly rows: RowCounts;
}
