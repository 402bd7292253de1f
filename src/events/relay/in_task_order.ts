// Orders the events of several processes by time. The clocks of processes differ by some
// milliseconds, and a process may correct its clock between two events. Therefore the events of a
// task are also ordered by attempt, and those of one process keep their order.

import type { TaskEvent } from "../task_event.ts";

/** An event, and the process that wrote it. */
export interface WrittenEvent {
  readonly writerId: string;
  readonly event: TaskEvent;
}

/** An event with its place in the order, in epoch milliseconds. */
interface Placed {
  readonly written: WrittenEvent;
  /** When it happened by its process's clock, but not before the process's event before it. */
  readonly happenedAt: number;
  /** Its place in the order. */
  at: number;
}

/**
 * Sorts events by their instants, except that the events of a task's earlier attempts come before
 * the events of its later attempts, and that the events of a task that one process wrote keep the
 * given order. Events with the same instant keep the given order.
 *
 * @param until Events later than this instant, in epoch milliseconds, are kept back, because events
 * that precede them may still arrive.
 * @returns The events that are due, and those kept back, both in order.
 */
export function inTaskOrder(
  events: readonly WrittenEvent[],
  until: number,
): { readonly due: readonly TaskEvent[]; readonly kept: readonly WrittenEvent[] } {
  const placed = inOrderOfWriters(events);
  for (const ofTask of Map.groupBy(placed, ({ written }) => written.event.taskId).values()) {
    for (const each of ofTask) each.at = Math.min(each.at, ...ofTask.map(lastPlaceBefore(each)));
  }
  placed.sort((a, b) => a.at - b.at);
  const due = placed.filter(({ at }) => at <= until);
  return {
    due: due.map(({ written }) => written.event),
    kept: placed.slice(due.length).map(({ written }) => written),
  };
}

/** Returns the instant of an event in epoch milliseconds; 0 if its date is damaged. */
export function happenedAt({ event }: WrittenEvent): number {
  return Date.parse(event.eventDateUtc) || 0;
}

/** Places events by their instants, but those of a task and a process in the given order. */
function inOrderOfWriters(events: readonly WrittenEvent[]): Placed[] {
  const latest = new Map<string, number>();
  return events.map((written) => {
    const key = JSON.stringify([written.writerId, written.event.taskId]);
    const at = Math.max(happenedAt(written), latest.get(key) ?? 0);
    latest.set(key, at);
    return { written, happenedAt: at, at };
  });
}

/**
 * Returns a function for one event. The function takes another event of the same task, and returns
 * the latest place that the first event may have. If the other event belongs to a later attempt,
 * this place is the instant of the other event, less a thousandth of a millisecond for each attempt
 * from the first event's to the other event's. Otherwise it is Infinity. For a series it is always
 * Infinity, because the attempts of each run start at 1.
 */
function lastPlaceBefore({ written }: Placed): (other: Placed) => number {
  const { attempt, recurring } = written.event;
  return ({ written: { event: other }, happenedAt }) =>
    recurring || !(other.attempt > attempt)
      ? Infinity
      : happenedAt - (other.attempt - attempt) / 1000;
}
