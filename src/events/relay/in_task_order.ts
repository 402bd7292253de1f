// Puts events of several processes in order. Their clocks agree to some milliseconds, and each
// process writes when its batch is full; but a task's attempts follow each other.

import type { TaskEvent } from "../task_event.ts";

/** The instants of an event in epoch milliseconds. */
interface Placed {
  readonly event: TaskEvent;
  readonly happenedAt: number;
  /** Its place in the order. */
  at: number;
}

/**
 * Sorts events by their instants, except that an event of a task's earlier attempt comes before
 * those of its later ones. Events of one instant stay in the given order.
 *
 * @param until Events of later instants are kept back: others that belong before them may still
 * come.
 * @returns The events that are due, and those kept back, both in order.
 */
export function inTaskOrder(
  events: readonly TaskEvent[],
  until: number,
): { readonly due: readonly TaskEvent[]; readonly kept: readonly TaskEvent[] } {
  const placed = events.map(place);
  for (const ofTask of Map.groupBy(placed, ({ event }) => event.taskId).values()) {
    for (const each of ofTask) each.at = Math.min(each.at, ...ofTask.map(lastPlaceBefore(each)));
  }
  placed.sort((a, b) => a.at - b.at);
  const due = placed.filter(({ at }) => at <= until);
  return {
    due: due.map(({ event }) => event),
    kept: placed.slice(due.length).map(({ event }) => event),
  };
}

/** When an event happened, in epoch milliseconds; 0 where its date is damaged. */
export function happenedAt({ eventDateUtc }: TaskEvent): number {
  return Date.parse(eventDateUtc) || 0;
}

function place(event: TaskEvent): Placed {
  const at = happenedAt(event);
  return { event, happenedAt: at, at };
}

/**
 * Returns the function that gives the last place for `each` before another event of its task: a
 * thousandth before it for each attempt between them, and any if none is. The attempts of a series
 * begin anew with each run, so its instants alone count.
 */
function lastPlaceBefore({ event: { attempt, recurring } }: Placed): (other: Placed) => number {
  return ({ event: other, happenedAt }) =>
    recurring || !(other.attempt > attempt)
      ? Infinity
      : happenedAt - (other.attempt - attempt) / 1000;
}
