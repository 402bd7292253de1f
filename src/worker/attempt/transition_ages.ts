// Converts the instants of a job's transitions to ages, from which storage computes the stored
// instants by its own clock. A delayed write must not date a transition before one that is already
// stored.

import type { StatusTransition } from "../../storage/requests.ts";
import type { TimedTransition, UnwrittenTransitions } from "./unwritten_transitions.ts";

/**
 * Sets the ages of transitions, and returns them. Changes the given objects, because every task has
 * some, and copies would cost a measurable part of its time.
 *
 * Storage dates a write by the instant at which it executes it, which may be later than it was
 * sent: the write may have waited for a lock, a connection or a retry. Transitions before the
 * answer to the previous write are therefore dated at that answer. Ages are rounded down to whole
 * milliseconds. Storage subtracts them from a clock of whole milliseconds, so rounding up could
 * date a transition before the previous write.
 *
 * @param now The reading of the monotonic clock when the write is passed to storage.
 */
export function transitionsByAge(
  { storedAt }: Pick<UnwrittenTransitions, "storedAt">,
  transitions: readonly TimedTransition[],
  now: number,
): readonly StatusTransition[] {
  for (const transition of transitions) {
    transition.agoMs = Math.floor(Math.max(0, now - Math.max(transition.at, storedAt)));
  }
  return transitions;
}
