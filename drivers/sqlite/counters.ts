// The row of store-wide counters: the sequence numbers of audit rows, and counters by which other
// processes detect changes.

import type { Connection } from "./connection.ts";
import type { SqliteRow } from "./sqlite_library.ts";

/** The counters of changes for other processes. */
export interface Changes {
  readonly task_changes: number;
  readonly queue_changes: number;
  readonly cancel_changes: number;
  readonly watch_changes: number;
}

/**
 * Reserves sequence numbers for `rows` audit rows, and returns the first number. Called in the
 * transaction that writes the rows.
 */
export function reserveSequence(connection: Connection, rows: number): number {
  const row = connection.get(
    "UPDATE evertask_state SET audit_sequence = audit_sequence + ? RETURNING audit_sequence",
    rows,
  ) as SqliteRow;
  return row.audit_sequence as number - rows + 1;
}

const counting: Readonly<Record<keyof Changes, string>> = {
  task_changes: "UPDATE evertask_state SET task_changes = task_changes + 1",
  queue_changes: "UPDATE evertask_state SET queue_changes = queue_changes + 1",
  cancel_changes: "UPDATE evertask_state SET cancel_changes = cancel_changes + 1",
  watch_changes: "UPDATE evertask_state SET watch_changes = watch_changes + 1",
};

/** Counts a change, which other processes detect once the transaction is committed. */
export function countChange(connection: Connection, change: keyof Changes): void {
  connection.run(counting[change]);
}

/** Returns the present counters. */
export function readChanges(connection: Connection): Changes {
  const row = connection.get(
    "SELECT task_changes, queue_changes, cancel_changes, watch_changes FROM evertask_state",
  );
  return row as unknown as Changes;
}
