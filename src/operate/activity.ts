// Reads the activity of a store, by minute, hour or day: `everTask.operate.activity`.

import { checkNames, checkOptions } from "../guards/argument_checks.ts";
import type { Storage } from "../storage/storage.ts";
import {
  activityColumns,
  type ActivityDivision,
  type ActivityPoint,
  durationBuckets,
} from "../storage/work_reports.ts";
import type { Instant } from "../time/instant.ts";
import { parseTimeSpan, type StepName } from "./time_span.ts";

/** The length of a step. */
export type ActivityStepLength = StepName;

/** Options of {@linkcode Operate.activity}. */
export interface ActivityOptions {
  /** The beginning of the span. @default 60 steps before its end */
  readonly from?: Instant;
  /** The end of the span, exclusive. @default now */
  readonly to?: Instant;
  /**
   * The length of a step. Minutes are kept for 24 hours, hours for 90 days.
   * @default "minute"
   */
  readonly step?: ActivityStepLength;
  /** The properties by which to divide the activity. @default none */
  readonly by?: readonly ActivityDivision[];
}

/** The durations of a step. */
export interface ActivityDurations {
  /** The sum of all durations, in milliseconds. */
  readonly totalMs: number;
  /** The longest duration, in milliseconds. */
  readonly maxMs: number;
  /**
   * The number of durations in each of 12 buckets. The first bucket holds durations up to 1 ms. The
   * upper bound of each further bucket is four times that of the previous bucket: 4, 16, 64 … ms.
   * The last bucket has no upper bound.
   */
  readonly histogram: readonly number[];
}

/** The activity in one step. */
export interface ActivityStep {
  /** The beginning of the step. */
  readonly at: Date;
  /** The type; null unless divided by type. */
  readonly type: string | null;
  /** The queue; null unless divided by queue. */
  readonly queue: string | null;
  /** Attempts that started. */
  readonly started: number;
  /** Tasks, and runs of series, that completed. */
  readonly completed: number;
  /** Tasks, and runs of series, that failed for good. */
  readonly failed: number;
  /** Tasks that a worker ended because they were cancelled. */
  readonly cancelled: number;
  /** Failed attempts that are followed by another one. */
  readonly retried: number;
  /** Tasks that were taken from lost workers. */
  readonly lost: number;
  /** The durations of the attempts that ended. */
  readonly run: ActivityDurations;
  /** The waiting times of the attempts that started, from the due instant. */
  readonly wait: ActivityDurations;
}

const steps = { names: ["minute", "hour", "day"], most: 1_500 } as const;

/**
 * Reads the activity of a store.
 *
 * @param now Returns the present, the default end of the span.
 * @throws {InvalidArgumentError} If an option is invalid, or the span has more than 1,500 steps.
 */
export async function readActivity(
  storage: Pick<Storage, "activity">,
  now: () => number,
  options: ActivityOptions = {},
): Promise<readonly ActivityStep[]> {
  checkOptions(options, { from: true, to: true, step: true, by: true }, "options");
  const { step = "minute", by = [] } = options;
  const span = parseTimeSpan({ ...options, step }, now(), steps);
  checkNames(by, ["type", "queue"], "by");
  const points = await storage.activity({ ...span, by: [...new Set(by)] });
  return points.map(toStep);
}

function toStep({ at, type, queue, figures }: ActivityPoint): ActivityStep {
  const figure = (column: string) => figures[activityColumns.indexOf(column)] ?? 0;
  return {
    at: new Date(at),
    type,
    queue,
    started: figure("started"),
    completed: figure("completed"),
    failed: figure("failed"),
    cancelled: figure("cancelled"),
    retried: figure("retried"),
    lost: figure("lost"),
    run: durations("run", figure),
    wait: durations("wait", figure),
  };
}

function durations(what: string, figure: (column: string) => number): ActivityDurations {
  return {
    totalMs: figure(`${what}_ms`),
    maxMs: figure(`${what}_ms_max`),
    histogram: Array.from({ length: durationBuckets }, (_, bucket) => figure(`${what}_${bucket}`)),
  };
}
