// Reads all tasks that match, page after page.

import type { TaskRecord } from "../../storage/records.ts";
import type { TaskFilter } from "../../storage/queries.ts";
import type { Storage } from "../../storage/storage.ts";

const limit = 1000;

/** All tasks that match, oldest first. */
export async function readTasks(
  source: Pick<Storage, "list">,
  filter: TaskFilter,
): Promise<TaskRecord[]> {
  let page = await source.list(filter, { limit });
  const tasks = [...page.items];
  while (page.next !== null) {
    page = await source.list(filter, { limit, after: page.next });
    tasks.push(...page.items);
  }
  return tasks.reverse();
}
