// The part of the storage contract for the reports of workers; see storage.ts.

import type { Page, PageRequest } from "./queries.ts";
import type {
  ActivityPoint,
  ActivityRequest,
  FailureGroup,
  FailureSpan,
  WorkReport,
} from "./work_reports.ts";

/** The methods of {@linkcode Storage} for activity and failures. */
export interface StorageReports {
  /**
   * Stores the report of a worker. Replaces minutes that the worker has reported before, so a
   * repeated report counts once. Adds failures to their groups, and counts them by hour. Workers
   * that store minutes at the same time do not wait for each other.
   *
   * If the report has a retention, minutes that reach their age are summed up to hours. Hours of
   * activity, groups of failures and counts of failures that reach their age are deleted; see
   * {@linkcode ReportRetention}.
   */
  reportWork(report: WorkReport): Promise<void>;
  /**
   * Returns the activity of a span, summed over the workers, oldest first, then by type and queue.
   * The cost depends on the number of reports for the span, not on the number of tasks.
   */
  activity(request: ActivityRequest): Promise<readonly ActivityPoint[]>;
  /**
   * Returns the groups of failures, latest failure first. With a span, each has the counts of the
   * hours that begin in the span, summed up to steps. A group that fails again while pages are read
   * may appear twice or not at all.
   */
  failureGroups(page?: PageRequest, span?: FailureSpan): Promise<Page<FailureGroup>>;
}
