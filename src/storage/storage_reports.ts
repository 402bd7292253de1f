// The part of the storage contract about what workers report; see storage.ts.

import type { Page, PageRequest } from "./queries.ts";
import type { ActivityPoint, ActivityRequest, FailureGroup, WorkReport } from "./work_reports.ts";

/** The verbs of {@linkcode Storage} about activity and failures. */
export interface StorageReports {
  /**
   * Stores what a worker did. A minute that it has reported before is replaced, so that a repeated
   * report counts once; failures are added to their group. Workers do not wait for each other's
   * minutes.
   *
   * With a retention, minutes that are older than it become hours, and older hours and groups are
   * deleted.
   */
  reportWork(report: WorkReport): Promise<void>;
  /**
   * Returns the activity of a span, summed over the workers, oldest first, then by type and queue.
   * Its cost depends on what was reported for the span, not on the number of tasks.
   */
  activity(request: ActivityRequest): Promise<readonly ActivityPoint[]>;
  /**
   * The groups of failures, those with the latest failure first. A group that fails again while
   * pages are read may be seen twice or be missed.
   */
  failureGroups(page?: PageRequest): Promise<Page<FailureGroup>>;
}
