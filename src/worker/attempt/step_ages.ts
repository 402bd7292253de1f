// The steps of a job as storage takes them: storage's clock rules, so each step says how long ago
// it happened. Whatever a write was held up by on its way, no step may stand before one that
// storage has already.

import type { StatusStep } from "../../storage/requests.ts";
import type { Job, TimedStep } from "../job.ts";

/**
 * Says how long ago steps happened.
 *
 * A write that waited on its way (for a lock, a connection, another try) is dated later by as much,
 * so what happened until its answer came counts as having happened then. Ages are whole
 * milliseconds, rounded down: storage counts them back from a clock that shows whole milliseconds
 * itself, and half of one more would put a step before the write that preceded it.
 *
 * @param now The monotonic clock when the write is handed to storage.
 */
export function stepsByAge(
  { storedAt }: Pick<Job, "storedAt">,
  steps: readonly TimedStep[],
  now: number,
): StatusStep[] {
  return steps.map(({ status, exception, at }) => ({
    status,
    exception,
    agoMs: Math.floor(Math.max(0, now - Math.max(at, storedAt))),
  }));
}
