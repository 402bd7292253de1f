// The part of paging through a task's history that all drivers share. The rows of a history are
// numbered in the order of writing. A page begins after a number, in the page's direction.

import { checkChoice, checkOptions } from "../guards/argument_checks.ts";
import { pageLimit, pageStart } from "./paging.ts";
import type { HistoryPageRequest } from "./queries.ts";

/** The parsed request for a page of a task's history. */
export interface HistoryPageStart {
  /** The maximum number of rows on the page. */
  readonly limit: number;
  /** Whether the rows that were written last come first. */
  readonly newestFirst: boolean;
  /**
   * The number of the row after which the page begins. The first page begins after 0 or, newest
   * first, after the largest safe integer.
   */
  readonly after: number;
}

/**
 * Reads the request for a page of a task's history.
 *
 * @throws {InvalidArgumentError} If a member is invalid or unknown.
 */
export function historyPageStart(page: HistoryPageRequest = {}): HistoryPageStart {
  checkOptions(page, { limit: true, after: true, order: true }, "page");
  const { order = "oldest", ...rest } = page;
  checkChoice(order, ["oldest", "newest"], "order");
  const newestFirst = order === "newest";
  const isFirst = newestFirst && rest.after === undefined;
  const after = isFirst ? Number.MAX_SAFE_INTEGER : pageStart(rest);
  return { limit: pageLimit(rest), newestFirst, after };
}
