// Reads the actions of operators.

import { pageLimit, pageStart, toPage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import type { ActionFilter, OperatorActionRecord } from "../../src/storage/requests.ts";
import type { Call } from "./database.ts";

/** Implements {@linkcode Storage.operatorActions}. */
export async function operatorActions(
  call: Call,
  filter: ActionFilter = {},
  page: PageRequest = {},
): Promise<Page<OperatorActionRecord>> {
  const limit = pageLimit(page);
  const below = pageStart(page) || null;
  const rows = await call<OperatorActionRecord[]>(
    "list_operator_actions",
    filter,
    below,
    limit + 1,
  );
  return toPage(rows, limit, (action) => action, ({ id }) => id);
}
