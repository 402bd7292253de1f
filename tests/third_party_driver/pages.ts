// Pages of a task's history.

import type { PageRequest } from "@evertask/evertask";
import { pageLimit, pageStart, toPage } from "@evertask/evertask/storage";

/** A page of a task's history. */
export function pageOf<T extends { readonly number: number }>(
  items: T[] = [],
  page: PageRequest = {},
) {
  const limit = pageLimit(page);
  const start = pageStart(page);
  const found = items.filter((item) => item.number > start);
  return toPage(found, limit, ({ number: _, ...item }) => item, ({ number }) => String(number));
}
