// Converts the instants of a job's transitions to ages, from which storage computes the stored
// instants by its own clock. A delayed write must not date a transition before a transition that is
// already stored.

import type { StatusTransition } from "../../storage/requests.ts";
import type { TimedTransition, UnwrittenTransitions } from "./unwritten_transitions.ts";

/**
 * Sets `agoMs` of each transition, and returns the transitions. Changes the given objects: every
 * task has transitions, and copies would take a measurable part of a task's time.
 *
 * Storage subtracts an age from the instant at which it executes the write. That instant may be
 * later than `now`, because the write may wait for a lock, a connection or a retry. If the previous
 * write waited, a transition that happened meanwhile would be dated before that write. `storedAt`
 * is the time of the answer to the previous write. A transition that happened before `storedAt` is
 * therefore dated at `storedAt`. Ages are rounded down, because storage's clock has whole
 * milliseconds: an age that is rounded up could date a transition before the previous write.
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
