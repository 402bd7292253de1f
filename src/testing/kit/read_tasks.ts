// Reads all matching tasks, page by page.

import type { Page, PageRequest, TaskFilter } from "../../storage/queries.ts";

const limit = 1000;

/** Returns all matching tasks, oldest first. */
export async function readTasks<Found>(
  source: { list(filter: TaskFilter, page: PageRequest): Promise<Page<Found>> },
  filter: TaskFilter,
): Promise<Found[]> {
  let page = await source.list(filter, { limit });
  const tasks = [...page.items];
  while (page.next !== null) {
    page = await source.list(filter, { limit, after: page.next });
    tasks.push(...page.items);
  }
  return tasks.reverse();
}
