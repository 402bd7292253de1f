// Reads all tasks of a store in pages.

import { nextMacrotask } from "../../time/macrotask.ts";
import type { StorageCopying, TaskWithHistory } from "../storage_copying.ts";

/** The number of tasks of a page. Digests depend on this number. */
export const pageSize = 500;

/** Yields the tasks of a store with their history, by ascending id. */
export async function* pagesOf(
  store: StorageCopying,
  range: { readonly after: string | null; readonly upTo: string | null } = {
    after: null,
    upTo: null,
  },
): AsyncGenerator<readonly TaskWithHistory[]> {
  for (let after = range.after;;) {
    const page = await store.exportTasks({ after, upTo: range.upTo, limit: pageSize });
    if (page.length > 0) yield page;
    if (page.length < pageSize) return;
    after = page.at(-1)!.task.id;
    // SQLite answers within a turn of the event loop. Without this pause, no signal of the process
    // would arrive.
    await new Promise<void>(nextMacrotask);
  }
}
