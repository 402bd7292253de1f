// Reads pages of tasks' histories from the memory store.

import { pageLimit, pageStart, toPage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import type { Numbered, TaskRow } from "./rows.ts";

/** Returns a page of a task's history. */
export function pageOf<T extends object>(
  row: TaskRow | undefined,
  history: (row: TaskRow) => readonly Numbered<T>[] | null,
  page: PageRequest,
): Page<T> {
  const limit = pageLimit(page);
  const start = pageStart(page);
  const all = (row && history(row)) ?? [];
  const found = all.filter((item) => item.number > start).slice(0, limit + 1);
  return toPage(
    found,
    limit,
    ({ number: _, ...item }) => ({ taskId: row!.id, ...item }) as T,
    last,
  );
}

function last(item: { readonly number: number }): string {
  return String(item.number);
}
