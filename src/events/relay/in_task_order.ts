// Orders the events of several processes by time. The clocks of processes differ by some
// milliseconds, so the events of a task are also ordered by attempt.

import type { TaskEvent } from "../task_event.ts";

/** An event, its instant, and its place in the order; both in epoch milliseconds. */
interface Placed {
  readonly event: TaskEvent;
  readonly happenedAt: number;
  /** Its place in the order. */
  at: number;
}

/**
 * Sorts events by their instants, except that the events of a task's earlier attempts come before
 * the events of its later attempts. Events with the same instant keep the given order.
 *
 * @param until Events later than this instant, in epoch milliseconds, are kept back, because events
 * that precede them may still arrive.
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

/** Returns the instant of an event in epoch milliseconds; 0 if its date is damaged. */
export function happenedAt({ eventDateUtc }: TaskEvent): number {
  return Date.parse(eventDateUtc) || 0;
}

function place(event: TaskEvent): Placed {
  const at = happenedAt(event);
  return { event, happenedAt: at, at };
}

/**
 * Returns a function for one event. The function takes another event of the same task, and returns
 * the latest place that the first event may have. If the other event belongs to a later attempt,
 * this place is the instant of the other event, less a thousandth of a millisecond for each attempt
 * from the first event's to the other event's. Otherwise it is Infinity. For a series it is always
 * Infinity, because the attempts of each run start at 1.
 */
function lastPlaceBefore({ event: { attempt, recurring } }: Placed): (other: Placed) => number {
  return ({ event: other, happenedAt }) =>
    recurring || !(other.attempt > attempt)
      ? Infinity
      : happenedAt - (other.attempt - attempt) / 1000;
}
