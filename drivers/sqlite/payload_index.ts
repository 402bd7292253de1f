// Finds the index that an application has created for a path in payloads.

import type { TaskFilter } from "../../src/storage/queries.ts";
import type { Connection } from "./connection.ts";

/**
 * The paths that can have an index. The path becomes part of the SQL, because SQLite uses an index
 * of an expression only for the same expression, without parameters.
 */
const indexablePath = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$/i;

const findIndex =
  "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'queued_tasks' " +
  "AND instr(sql, ?) > 0 AND instr(lower(sql), ' where ') = 0";

/** An index of the values at a path in payloads. */
export interface PayloadIndex {
  /** Its name, as an SQL identifier. */
  readonly name: string;
  /** The indexed SQL expression: the value as JSON; NULL for a damaged payload. */
  readonly value: string;
}

/**
 * Returns the index for the payload filter; undefined if there is none, or if another index finds
 * fewer tasks.
 */
export function payloadIndex(
  connection: Connection,
  { payload, ids, taskKey, tags }: TaskFilter,
): PayloadIndex | undefined {
  if (payload === undefined || !indexablePath.test(payload.path)) return undefined;
  if (ids !== undefined || taskKey !== undefined || tags !== undefined) return undefined;
  const value = `iif(json_valid(request), request -> '$.${payload.path}', NULL)`;
  const row = connection.get(findIndex, `(${value}, id)`);
  return row && { name: `"${String(row.name).replaceAll('"', '""')}"`, value };
}
