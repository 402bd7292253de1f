// Reads pages of tasks' histories from the memory store.

import { historyPageStart } from "../../src/storage/history_paging.ts";
import { toPage } from "../../src/storage/paging.ts";
import type { HistoryPageRequest, Page } from "../../src/storage/queries.ts";
import type { Numbered, TaskRow } from "./rows.ts";

/** Returns a page of a task's history. */
export function pageOf<T extends object>(
  row: TaskRow | undefined,
  history: (row: TaskRow) => readonly Numbered<T>[] | null,
  page: HistoryPageRequest,
): Page<T> {
  const { limit, newestFirst, after } = historyPageStart(page);
  const all = (row && history(row)) ?? [];
  const isAfter = (item: Numbered<T>) => newestFirst ? item.number < after : item.number > after;
  const found = (newestFirst ? all.toReversed() : all).filter(isAfter).slice(0, limit + 1);
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
