// Keyset paging, the part that all drivers share: how large a page is, and how one is made of rows.

import { checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { isUuid } from "../ids/uuid_v7.ts";
import type { Page, PageRequest } from "./queries.ts";

/**
 * How many items a page holds. A driver asks its database for one more, to know whether there is a
 * next page.
 *
 * @throws {InvalidArgumentError} If the limit is no integer from 1 to 1000, or the page is no page
 * request.
 */
export function pageLimit(page: PageRequest = {}): number {
  checkOptions(page, { limit: true, after: true }, "page");
  const { limit = 50 } = page;
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new InvalidArgumentError("limit", limit, "be an integer from 1 to 1000");
}

/**
 * The row number after which a page of audit rows or log lines begins; 0 for the first page.
 *
 * @throws {InvalidArgumentError} If `after` is no number that a page before could have given.
 */
export function pageStart(page: PageRequest = {}): number {
  const { after } = page;
  if (after === undefined) return 0;
  const start = typeof after === "string" && /^\d{1,16}$/.test(after) ? Number(after) : NaN;
  if (Number.isSafeInteger(start)) return start;
  throw new InvalidArgumentError("after", after, "be the `next` of the page before");
}

/**
 * The task id after which a page of tasks begins; undefined for the first page.
 *
 * @throws {InvalidArgumentError} If `after` is no task id.
 */
export function pageStartId(page: PageRequest = {}): string | undefined {
  const { after } = page;
  if (after === undefined || isUuid(after)) return after;
  throw new InvalidArgumentError("after", after, "be the `next` of the page before");
}

/**
 * Makes a page of up to `limit + 1` rows that were read.
 *
 * @param cursorOf What the next page has to pass as `after`, given the last row of this one.
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): Page<Item> {
  const items = rows.slice(0, limit).map(toItem);
  return { items, next: rows.length > limit ? cursorOf(rows[limit - 1]!) : null };
}
