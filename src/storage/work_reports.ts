// The reports of workers, and the sums that storage keeps of them: activity by minute, and groups
// of failures. Rows about single tasks are in the audit.

import { checkList, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";

/** The counters of activity, in the order in which they are stored. */
export const activityCounters = [
  "started",
  "completed",
  "failed",
  "cancelled",
  "retried",
  "lost",
] as const;

/** The number of buckets of a histogram of durations. */
export const durationBuckets = 12;

/**
 * Returns the index of a duration's bucket. Bucket 0 holds durations up to 1 ms. Each later bucket
 * has four times the upper bound of the previous bucket. The last bucket has no upper bound.
 */
export function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.min(durationBuckets - 1, Math.ceil(Math.log2(ms) / 2));
}

/**
 * The columns of activity, in order: the counters; the sum, the maximum and the histogram of run
 * times; the same for waits. Columns whose name ends in `_max` are combined by their maximum, all
 * others by their sum.
 */
export const activityColumns: readonly string[] = [
  ...activityCounters,
  ...durationColumns("run"),
  ...durationColumns("wait"),
];

function durationColumns(what: string): string[] {
  const buckets = Array.from({ length: durationBuckets }, (_, bucket) => `${what}_${bucket}`);
  return [`${what}_ms`, `${what}_ms_max`, ...buckets];
}

/** The activity of one worker in one minute, of one type in one queue. */
export interface ActivityReport {
  /** The beginning of the minute, by the storage's clock. Epoch milliseconds. */
  readonly at: number;
  /** The type of the tasks. */
  readonly type: string;
  /** Their queue. */
  readonly queue: string;
  /** All figures of the minute so far, in the order of {@linkcode activityColumns}. */
  readonly figures: readonly number[];
}

/** The length of the steps in which failures are counted, in milliseconds. */
const hourMs = 3_600_000;

/**
 * Failures of one group since the last report. They are counted in the hour of the last one:
 * workers report every few seconds.
 */
export interface FailureReport {
  /** The id of the group. */
  readonly group: string;
  /** The type of the tasks. */
  readonly type: string;
  /** The common part of the errors, as text. */
  readonly summary: string;
  /** The number of failed tasks. */
  readonly count: number;
  /** The instant of the first failure, by the storage's clock. Epoch milliseconds. */
  readonly firstAt: number;
  /** The instant of the last failure. */
  readonly lastAt: number;
  /** The id of the task that failed last. */
  readonly taskId: string;
  /** The text of its error. */
  readonly exception: string;
}

/** The retention of reports, in milliseconds. */
export interface ReportRetention {
  /** The age at which minutes are summed up to hours. */
  readonly minutesMs: number;
  /** The age at which hours are deleted. */
  readonly hoursMs: number;
  /** The time since the last failure of a group at which the group is deleted. */
  readonly failuresMs: number;
}

/** The work of a worker since its last report. */
export interface WorkReport {
  /** The worker, by an id that is new for each start of a process and never changes. */
  readonly source: string;
  /** The version of the application, of at most 100 characters; null if it has none. */
  readonly version: string | null;
  /** The minutes that have changed. They replace those that the worker reported before. */
  readonly activity: readonly ActivityReport[];
  /** New failures. */
  readonly failures: readonly FailureReport[];
  /** The retention to apply; null to apply none. */
  readonly retention: ReportRetention | null;
}

/** A property by which activity is divided. */
export type ActivityDivision = "type" | "queue";

/** The request for activity. */
export interface ActivityRequest {
  /** The beginning of the span. Epoch milliseconds. */
  readonly from: number;
  /** The end of the span, exclusive. */
  readonly to: number;
  /** The length of a step: a whole number of minutes, in milliseconds. */
  readonly stepMs: number;
  /** The properties by which to divide, each at most once. */
  readonly by: readonly ActivityDivision[];
}

/** The activity of one step. */
export interface ActivityPoint {
  /** The beginning of the step: a multiple of its length. Epoch milliseconds. */
  readonly at: number;
  /** The type; null if not divided by type. */
  readonly type: string | null;
  /** The queue; null if not divided by queue. */
  readonly queue: string | null;
  /** The figures, in the order of {@linkcode activityColumns}. */
  readonly figures: readonly number[];
}

/** A span of time for which the failures of groups are counted. */
export interface FailureSpan {
  /** The beginning of the span. Epoch milliseconds. */
  readonly from: number;
  /** The end of the span, exclusive. */
  readonly to: number;
  /** The length of a step: a whole number of hours, in milliseconds. */
  readonly stepMs: number;
}

/** The failures of a group in one step. */
export interface FailureCount {
  /** The beginning of the step: a multiple of its length. Epoch milliseconds. */
  readonly startAt: number;
  /** The number of failed tasks. */
  readonly count: number;
}

/** Tasks that failed in the same way. */
export interface FailureGroup {
  /** Its id, which depends on the type and the error. */
  readonly id: string;
  /** The type of the tasks. */
  readonly type: string;
  /** The common part of the errors: the message without numbers, ids and quoted texts. */
  readonly summary: string;
  /** The number of failed tasks. */
  readonly count: number;
  /** The instant of the first failure. Epoch milliseconds. */
  readonly firstAt: number;
  /** The instant of the last failure. */
  readonly lastAt: number;
  /** The version of the application at the first failure; null if unknown. */
  readonly firstVersion: string | null;
  /** The version of the application at the last failure; null if unknown. */
  readonly lastVersion: string | null;
  /** The id of the task that failed last. */
  readonly taskId: string;
  /** The text of its error. */
  readonly exception: string;
  /**
   * The failures in the steps of the requested span, oldest first, without steps that have none.
   * Empty if no span was requested.
   */
  readonly counts: readonly FailureCount[];
}

/**
 * Returns the failures of a report as groups to add to those of the store, by ascending id. Each
 * has one count, for the hour of the report.
 */
export function groupsOf({ failures, version }: WorkReport): FailureGroup[] {
  const groups = failures.map(({ group: id, count, lastAt, ...failure }) => {
    const counts = [{ startAt: Math.floor(lastAt / hourMs) * hourMs, count }];
    return { id, count, lastAt, ...failure, firstVersion: version, lastVersion: version, counts };
  });
  return groups.sort((a, b) => a.id < b.id ? -1 : 1);
}

/** Adds `figures` to `sum` in place. A column that ends in `_max` gets the larger value. */
export function addFigures(sum: number[], figures: readonly number[]): void {
  for (const [index, column] of activityColumns.entries()) {
    const value = figures[index] ?? 0;
    if (column.endsWith("_max")) sum[index] = Math.max(sum[index] ?? 0, value);
    else sum[index] = (sum[index] ?? 0) + value;
  }
}

/**
 * Checks a request for activity.
 *
 * @throws {InvalidArgumentError} If a member is invalid or unknown.
 */
export function checkActivityRequest(request: ActivityRequest): void {
  checkOptions(request, { from: true, to: true, stepMs: true, by: true }, "request");
  const { by } = request;
  checkSteps(request, 60_000, "minutes");
  checkList(by, "by");
  if (new Set(by).size === by.length && by.every((each) => each === "type" || each === "queue")) {
    return;
  }
  throw new InvalidArgumentError("by", by, 'be an array of "type" and "queue"');
}

/**
 * Checks a span of failures.
 *
 * @throws {InvalidArgumentError} If a member is invalid or unknown.
 */
export function checkFailureSpan(span: FailureSpan): void {
  checkOptions(span, { from: true, to: true, stepMs: true }, "span");
  checkSteps(span, hourMs, "hours");
}

function checkSteps({ from, to, stepMs }: FailureSpan, unitMs: number, units: string): void {
  for (const [name, value] of Object.entries({ from, to })) {
    if (Number.isFinite(value)) continue;
    throw new InvalidArgumentError(name, value, "be epoch milliseconds");
  }
  if (Number.isInteger(stepMs) && stepMs > 0 && stepMs % unitMs === 0) return;
  throw new InvalidArgumentError("stepMs", stepMs, `be a whole number of ${units}`);
}
