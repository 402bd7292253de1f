// Checks what retention has deleted in a history of real processes, whose purges have no instant of
// their own: each may have taken place at any time of its call.

import type { FinalTask } from "../../src/testing/checker/history.ts";
import type { JournalRow, TaskImage } from "./journal_rows.ts";

/** How far the clocks of this process and the database may differ, in milliseconds. */
const slackMs = 5;

/**
 * Returns what retention has deleted against its rules, one fault per line.
 *
 * @param stored The tasks that the store has.
 * @param journaled The tasks with all rows of their audits, also those that were deleted.
 * @param limitMs The age at which history is deleted.
 * @param endedAt When the tasks were read, in milliseconds from the start of the history.
 */
export function checkRetention(
  journal: readonly JournalRow[],
  stored: readonly FinalTask[],
  journaled: readonly FinalTask[],
  limitMs: number,
  endedAt: number,
): string[] {
  const known = new Map(journaled.map((task) => [task.task, task]));
  return [...deletions(journal, limitMs), ...stored.flatMap((task) => lostRows(task))];

  function lostRows({ task, trail, trailAt }: FinalTask): string[] {
    const left = rowsOf(trail, trailAt);
    const { trail: all, trailAt: allAt } = known.get(task)!;
    return rowsOf(all, allAt).flatMap(({ status, at }) => {
      const place = left.findIndex((row) => row.status === status && Math.abs(row.at - at) < 1);
      if (place >= 0) left.splice(place, 1);
      const isExpired = at < endedAt - limitMs + slackMs;
      return place >= 0 || isExpired ? [] : [`${task}: ${status} of ${at} was deleted too early`];
    }).concat(left.map(({ status, at }) => `${task}: ${status} of ${at} has no cause`));
  }
}

function rowsOf(trail: readonly string[], trailAt: readonly number[]) {
  return trail.map((status, i) => ({ status, at: trailAt[i]! }));
}

/** The tasks that were deleted and must not have been. */
function deletions(journal: readonly JournalRow[], limitMs: number): string[] {
  return journal.flatMap((row) => {
    if (row.what !== "deleted" || isOver(row.image, row.at - limitMs + slackMs)) return [];
    return [`${row.task} is ${row.image.status}, and was deleted at ${row.at}`];
  });
}

function isOver(image: TaskImage, before: number): boolean {
  const { status, worker_id, due_at_utc, recurring_task } = image;
  const hasEnded = status === "Completed" || status === "Cancelled";
  return hasEnded && worker_id === null && due_at_utc === null && recurring_task === null &&
    (image.last_execution_utc ?? image.created_at_utc) < before;
}
