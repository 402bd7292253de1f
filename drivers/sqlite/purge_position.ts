// The place in a store at which a purge goes on. If tasks are deleted, a purge scans the history of
// some thousand tasks, then these tasks, and then goes on to the next ones. If it scanned the whole
// history first, its scan of the tasks would come long after: their pages would no longer be in the
// cache, and it would read all tasks that became old enough in the meantime, whose history is still
// there.

import type { Connection } from "./connection.ts";
import { keyAfterId, walks } from "./expired_rows.ts";
import type { SqliteValue } from "./sqlite_library.ts";

/** The number of tasks whose tables are scanned in turn. */
export const tasksInTurn = 20_000;

/**
 * The position at which the next call resumes a purge that has used up its budget, so that no row
 * is read twice.
 */
export interface Position {
  readonly policy: string;
  /** Whether the scan reads the whole tables. */
  readonly readsAll: boolean;
  /** A text below the ids of the tasks whose tables are scanned in turn. */
  readonly after: string;
  /** A text above these ids; null for all ids after `after`, undefined if it is not known yet. */
  readonly until: string | null | undefined;
  readonly walk: number;
  readonly key: readonly SqliteValue[];
}

/** Returns the start of a scan. */
export function startOf(policy: string, readsAll: boolean): Position {
  return { policy, readsAll, after: "", until: undefined, walk: 0, key: keyAfterId(walks[0]!, "") };
}

/**
 * Returns a position with `until`.
 *
 * @param end The id at which the scan of tasks ends; null if tasks are not deleted.
 */
export function withEnd(connection: Connection, at: Position, end: string | null): Position {
  if (at.until !== undefined) return at;
  const last = end === null ? undefined : connection.get(
    "SELECT id FROM queued_tasks WHERE id > ? AND id < ? ORDER BY id LIMIT 1 OFFSET ?",
    at.after,
    end,
    tasksInTurn - 1,
  );
  return { ...at, until: last === undefined ? null : `${last.id} ` }; // before the next id
}

/** Whether a walk at this position is the last one. */
export function isLast({ until, walk }: Position): boolean {
  return until === null && walk === walks.length - 1;
}

/** Returns the position after a walk, which must not be the last one. */
export function afterWalk(at: Position): Position {
  const walk = (at.walk + 1) % walks.length;
  const [after, until] = walk === 0 ? [at.until!, undefined] : [at.after, at.until];
  return { ...at, after, until, walk, key: keyAfterId(walks[walk]!, after) };
}
