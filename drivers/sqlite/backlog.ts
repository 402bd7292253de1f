// Counts the waiting tasks by queue. SQLite runs in the process's own thread, so a line of many
// tasks is read slice by slice, and other work runs in between.

import { checkCount } from "../../src/guards/argument_checks.ts";
import type { Backlog, QueueBacklog } from "../../src/storage/queries.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";
import type { Connection } from "./connection.ts";
import type { DatabaseAccess } from "./database.ts";
import { linesOf } from "./due_search.ts";
import { pausedQueues } from "./queues.ts";

/** The number of tasks of a slice, which takes about 2 ms. */
const sliceTasks = 10_000;

/** The tasks of a line: a queue and a rank. */
const fromLine = "FROM queued_tasks INDEXED BY queued_tasks_due " +
  "WHERE queue_name = ? AND claim_rank = ? AND due_at_utc IS NOT NULL";

const order = "ORDER BY due_at_utc, id";

/** Finds the earliest due instant of a line. */
export const selectOldest = `SELECT due_at_utc AS oldest ${fromLine} ${order} LIMIT 1`;

/** The statements that count the tasks of a line after a place: all, or the due ones. */
interface CountQuery {
  /** Finds the last task of a slice that is full. */
  readonly sliceEnd: string;
  /** Counts the tasks of a slice that is not full. */
  readonly rest: string;
}

export const [countLater, countDue] = ["", "AND due_at_utc <= ?"].map((bound): CountQuery => {
  const tasks = `${fromLine} AND (due_at_utc, id) > (?, ?) ${bound}`;
  return {
    sliceEnd: `SELECT due_at_utc AS due, id ${tasks} ${order} LIMIT 1 OFFSET ?`,
    rest: `SELECT count(*) AS tasks FROM (SELECT 1 ${tasks} LIMIT ?)`,
  };
}) as [CountQuery, CountQuery];

/** A task's place in its line. */
type Place = readonly [dueAt: number, id: string];

/** The part of a line that is counted. */
interface Part {
  readonly query: CountQuery;
  readonly line: readonly [queue: string, rank: number];
  /** The place before the first task. */
  readonly start: Place;
  /** The latest due instant, if the query has a bound. */
  readonly bound: readonly number[];
}

/** Returns the waiting tasks by queue; see `Storage.backlog`. */
export async function backlog(access: DatabaseAccess, cap?: number): Promise<Backlog> {
  if (cap !== undefined) checkCount(cap, "cap");
  const most = cap ?? Infinity;
  const { now, lines, queues } = await access.do(readLines);
  for (const { line, oldest } of lines) {
    await new Promise<void>(nextMacrotask);
    const [queue] = line;
    const { paused, ...known } = queues.get(queue) ?? emptyQueue(queue, false);
    const due = { query: countDue, line, start: [oldest - 1, ""], bound: [now] } as const;
    // Instants are whole milliseconds.
    const later = { query: countLater, line, start: [Math.floor(now) + 1, ""], bound: [] } as const;
    queues.set(queue, {
      queue,
      paused,
      due: await count(access, due, known.due, most),
      scheduled: await count(access, later, known.scheduled, most),
      oldestDueAt: oldest > now
        ? known.oldestDueAt
        : Math.min(known.oldestDueAt ?? Infinity, oldest),
    });
  }
  return { now, queues: [...queues.values()] };
}

/** Adds the tasks of a part of a line to `counted`, up to `most`. */
async function count(
  access: DatabaseAccess,
  { query, line, start, bound }: Part,
  counted: number,
  most: number,
): Promise<number> {
  let sum = counted;
  for (let after: Place | null = start; after !== null && sum < most;) {
    if (sum > counted) await new Promise<void>(nextMacrotask);
    const limit = Math.min(sliceTasks, most - sum);
    const place: Place = after;
    const slice = await access.do((connection) => {
      const parameters = [...line, ...place, ...bound];
      const end = connection.get(query.sliceEnd, ...parameters, limit - 1);
      return end === undefined
        ? { tasks: connection.get(query.rest, ...parameters, limit)!.tasks as number, end: null }
        : { tasks: limit, end: [end.due as number, end.id as string] as const };
    });
    sum += slice.tasks;
    after = slice.end;
  }
  return sum;
}

function readLines(connection: Connection, now: number) {
  const queues = new Map<string, QueueBacklog>();
  for (const queue of pausedQueues(connection)) queues.set(queue, emptyQueue(queue, true));
  const lines = linesOf(connection).map((line) => ({
    line,
    oldest: connection.get(selectOldest, ...line)!.oldest as number,
  }));
  return { now, lines, queues };
}

function emptyQueue(queue: string, paused: boolean): QueueBacklog {
  return { queue, paused, due: 0, scheduled: 0, oldestDueAt: null };
}
