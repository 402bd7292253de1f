// Converts the transitions of a job for storage, whose clock decides: each transition has its age.
// A delayed write must not put a transition before one that is already stored.

import type { StatusTransition } from "../../storage/requests.ts";
import type { TimedTransition, UnwrittenTransitions } from "./unwritten_transitions.ts";

/**
 * Says how long ago transitions happened.
 *
 * A write that waited on its way (for a lock, a connection, another try) is dated later by as much,
 * so what happened until its answer came counts as having happened then. Ages are whole
 * milliseconds, rounded down: storage counts them back from a clock that shows whole milliseconds
 * itself, and half of one more would put a transition before the write that preceded it.
 *
 * @param now The monotonic clock when the write is handed to storage.
 */
export function transitionsByAge(
  { storedAt }: Pick<UnwrittenTransitions, "storedAt">,
  transitions: readonly TimedTransition[],
  now: number,
): StatusTransition[] {
  return transitions.map(({ status, exception, at }) => ({
    status,
    exception,
    agoMs: Math.floor(Math.max(0, now - Math.max(at, storedAt))),
  }));
}
