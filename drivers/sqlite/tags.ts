// Stores the tags of tasks in their rows, and in a table by which searches find them. Tasks without
// tags cost nothing.

import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./sqlite_library.ts";

const setTags = "UPDATE queued_tasks SET tags = ? WHERE id = ?";
const addTag = "INSERT OR IGNORE INTO task_tags (tag, task_id) VALUES (?, ?)";

/** Stores the tags of a new task, which has at least one. */
export function addTags(connection: Connection, id: string, tags: readonly string[]): void {
  const stored = tags.map((tag) => tag.toWellFormed());
  connection.run(setTags, JSON.stringify(stored), id);
  for (const tag of stored) connection.run(addTag, tag, id);
}

const selectTags = "SELECT tags FROM queued_tasks WHERE id = ?";
const removeTag = "DELETE FROM task_tags WHERE tag = ? AND task_id = ?";

/** Replaces the tags of a task. */
export function replaceTags(connection: Connection, id: string, tags: readonly string[]): void {
  removeTags(connection, id, connection.get(selectTags, id)?.tags);
  if (tags.length === 0) connection.run(setTags, null, id);
  else addTags(connection, id, tags);
}

/** Removes a task's tags, as stored in its row, from the table of tags. */
export function removeTags(
  connection: Connection,
  id: string,
  stored: SqliteValue | undefined,
): void {
  for (const tag of toTags(stored)) connection.run(removeTag, tag, id);
}

/** Reads a row's tags. */
export function toTags(stored: SqliteValue | undefined): readonly string[] {
  return (stored ?? null) === null ? [] : JSON.parse(stored as string) as string[];
}
