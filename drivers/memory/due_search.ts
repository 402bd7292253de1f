// Searches the waiting tasks of the memory store by due instant. The heaps of a queue are not in
// this order, so a page reads all waiting tasks, whose number is limited by memory.

import { byPlace, duePageStart, toDuePage } from "../../src/storage/due_paging.ts";
import type { TaskFilter, TaskPage, TaskPageRequest } from "../../src/storage/queries.ts";
import type { TaskRow } from "./rows.ts";
import { matcher } from "./search.ts";
import type { MemoryState } from "./state.ts";

/** Implements {@linkcode Storage.list} in the order of due instants. */
export function listDueTasks(
  state: MemoryState,
  filter: TaskFilter,
  page: TaskPageRequest,
): TaskPage {
  const { limit, after } = duePageStart(page);
  const matches = matcher(filter);
  const found: { readonly dueAt: number; readonly id: string; readonly row: TaskRow }[] = [];
  for (const [, rows] of state.due.byQueue()) {
    for (const row of rows) {
      const place = { dueAt: row.dueAt!, id: row.id, row };
      if ((after === null || byPlace(place, after) > 0) && matches(row)) found.push(place);
    }
  }
  const tasks = found.sort(byPlace).slice(0, limit + 1).map(({ row }) => row.toRecord());
  return toDuePage(tasks, limit, null);
}
