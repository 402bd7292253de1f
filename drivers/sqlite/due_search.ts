// Searches the waiting tasks by due instant. In the index of claimable tasks, the tasks of one
// queue and rank have this order. These tasks form a line, and a page merges all lines.

import {
  byPlace,
  duePageStart,
  type DuePlace,
  rowsOfLine,
  toDuePage,
} from "../../src/storage/due_paging.ts";
import { matchingPage } from "../../src/storage/payload_search.ts";
import type { TaskFilter, TaskPage, TaskPageRequest } from "../../src/storage/queries.ts";
import { aboveRanks, nextRank } from "./claim.ts";
import { Conditions } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import { taskColumns, text, toTaskRecord, userText } from "./rows.ts";
import { addConditions } from "./search.ts";

const nameOf = (after: string) =>
  "SELECT min(queue_name) FROM queued_tasks INDEXED BY queued_tasks_due " +
  `WHERE due_at_utc IS NOT NULL${after}`;

/**
 * Finds the queues with waiting tasks, one probe of the index for each. SQLite finds the next name
 * itself, because this program may read a damaged name as another one.
 */
const selectQueues = `WITH RECURSIVE queue(name) AS (${nameOf("")} UNION ALL ` +
  `SELECT (${nameOf(" AND queue_name > queue.name")}) FROM queue WHERE queue.name IS NOT NULL) ` +
  `SELECT ${userText("name")} FROM queue WHERE name IS NOT NULL`;

const order = "ORDER BY due_at_utc, id LIMIT";

/** Implements {@linkcode Storage.list} in the order of due instants. */
export function listDueTasks(
  connection: Connection,
  filter: TaskFilter,
  page: TaskPageRequest,
): TaskPage {
  const { limit, after } = duePageStart(page);
  const lines = linesOf(connection, filter.queues).map(([queue, rank]) => {
    const where = new Conditions();
    where.add("queue_name = ? AND claim_rank = ?", queue, rank);
    where.add("due_at_utc IS NOT NULL");
    if (after !== null) where.add("(due_at_utc, id) > (?, ?)", after.dueAt, after.id);
    return where;
  });
  const most = rowsOfLine(filter, lines.length, limit);
  const known = lines.map((where) => lastOf(connection, where, most))
    .filter((place) => place !== null).sort(byPlace)[0] ?? null;
  const tasks = lines.flatMap((where) => {
    if (known !== null) where.add("(due_at_utc, id) <= (?, ?)", known.dueAt, known.id);
    addConditions(where, filter);
    const select = `SELECT ${taskColumns} FROM queued_tasks ${where} ${order} ?`;
    return connection.all(select, ...where.parameters, limit + 1).map(toTaskRecord);
  });
  const places = tasks.map((task) => ({ dueAt: task.dueAt!, id: task.id, task })).sort(byPlace);
  const due = toDuePage(places.slice(0, limit + 1).map(({ task }) => task), limit, known);
  return matchingPage(due, filter);
}

/** Returns the queues and ranks with waiting tasks, in the given queues or in all. */
export function linesOf(
  connection: Connection,
  queues?: readonly string[],
): [queue: string, rank: number][] {
  const names = queues?.map((queue) => queue.toWellFormed()) ?? queuesOf(connection);
  return [...new Set(names)].flatMap((queue) => {
    const ranks: [string, number][] = [];
    for (let rank = aboveRanks;;) {
      const next = connection.get(nextRank, queue, rank);
      if (next === undefined) return ranks;
      rank = next.claim_rank as number;
      ranks.push([queue, rank]);
    }
  });
}

function queuesOf(connection: Connection): string[] {
  return connection.all(selectQueues).map(({ name }) => text(name));
}

/**
 * Returns the place of task number `most` in a line, the last task that one call may read; null if
 * the line has fewer tasks.
 */
function lastOf(connection: Connection, where: Conditions, most: number): DuePlace | null {
  const select = `SELECT due_at_utc, id FROM queued_tasks ${where} ${order} 1 OFFSET ?`;
  const last = connection.get(select, ...where.parameters, most - 1);
  return last === undefined ? null : { dueAt: last.due_at_utc as number, id: last.id as string };
}
