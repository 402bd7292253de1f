// The part of keyset paging that all drivers share: reads page requests, and makes pages of rows.

import {
  checkCallback,
  checkChoice,
  checkCount,
  checkList,
  checkOptions,
} from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { isUuid } from "../ids/uuid_v7.ts";
import type {
  CountRequest,
  Page,
  PageRequest,
  PartialCount,
  RateLimitRecord,
  TaskPage,
  TaskPageRequest,
} from "./queries.ts";
import type { TaskRecord } from "./records.ts";
import { checkFailureSpan, type FailureGroup, type FailureSpan } from "./work_reports.ts";

/**
 * The maximum number of rows that one call reads to find those that match a filter. A call thus
 * takes some milliseconds, in a store of any size.
 */
export const mostRowsRead = 5_000;

/** The maximum cap of a count. */
const mostCounted = 10_000;

/**
 * Returns the maximum number of items of a page. A driver reads one row more, to learn whether
 * there is a next page.
 *
 * @throws {InvalidArgumentError} If the limit is not an integer from 1 to 1000, or the page is not
 * a page request.
 */
export function pageLimit(page: PageRequest = {}): number {
  return limitOf(checkedPage(page));
}

function limitOf({ limit = 50 }: PageRequest): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new InvalidArgumentError("limit", limit, "be an integer from 1 to 1000");
}

/**
 * Returns the row number after which a page of audit rows or log lines begins; 0 for the first
 * page.
 *
 * @throws {InvalidArgumentError} If `after` cannot be the `next` of a previous page, or the page is
 * not a page request.
 */
export function pageStart(page: PageRequest = {}): number {
  const { after } = checkedPage(page);
  if (after === undefined) return 0;
  const start = typeof after === "string" && /^\d{1,16}$/.test(after) ? Number(after) : NaN;
  if (Number.isSafeInteger(start)) return start;
  throw new InvalidArgumentError("after", after, "be the `next` of the page before");
}

/** Returns the task id after which a page or a count of tasks begins. */
function startId(after: unknown): string | undefined {
  if (after === undefined || isUuid(after)) return after as string | undefined;
  throw new InvalidArgumentError("after", after, "be the `next` of the page before");
}

/** The parsed request for a page of tasks. */
export interface TaskPageStart {
  /** The maximum number of tasks on the page. */
  readonly limit: number;
  /** Whether the oldest tasks come first. */
  readonly oldestFirst: boolean;
  /** The task id after which the page begins; undefined for the first page. */
  readonly after: string | undefined;
}

/**
 * Reads the request for a page of tasks.
 *
 * @throws {InvalidArgumentError} If a member is invalid or unknown.
 */
export function taskPageStart(page: TaskPageRequest = {}): TaskPageStart {
  checkOptions(page, { limit: true, after: true, order: true }, "page");
  const { after, order = "newest" } = page;
  checkChoice(order, ["newest", "oldest", "due"], "order");
  if (order === "due") {
    const remedy = "be newest or oldest: this storage does not list tasks by due instant";
    throw new InvalidArgumentError("order", order, remedy);
  }
  return { limit: limitOf(page), oldestFirst: order === "oldest", after: startId(after) };
}

/**
 * Reads the request for a count of tasks.
 *
 * @throws {InvalidArgumentError} If a member is invalid or unknown.
 */
export function countStart(request: CountRequest): { cap: number; after: string | undefined } {
  checkOptions(request, { cap: true, after: true }, "request");
  const { cap, after } = request;
  if (!Number.isInteger(cap) || cap < 1 || cap > mostCounted) {
    throw new InvalidArgumentError("cap", cap, `be an integer from 1 to ${mostCounted}`);
  }
  return { cap, after: startId(after) };
}

/**
 * Makes a page of up to `limit + 1` matching tasks, which are in the page's order.
 *
 * @param lastRead The id of the last task that was read, if the search stopped before the end; null
 * otherwise.
 * @throws {InvalidArgumentError} If an argument has the wrong type.
 */
export function toTaskPage<Row>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => TaskRecord,
  lastRead: string | null,
): TaskPage {
  checkList(rows, "rows");
  checkCallback(toItem, "toItem");
  const page = toPage(rows.map(toItem), limit, (task) => task, ({ id }) => id);
  if (page.next !== null || lastRead === null) return page;
  return { items: page.items, next: lastRead, incomplete: true };
}

/**
 * Makes a count of up to `cap + 1` matching tasks, which are in the count's order.
 *
 * @param lastRead As for {@linkcode toTaskPage}.
 * @throws {InvalidArgumentError} If an argument has the wrong type.
 */
export function toPartialCount<Row>(
  rows: readonly Row[],
  cap: number,
  idOf: (row: Row) => string,
  lastRead: string | null,
): PartialCount {
  checkList(rows, "rows");
  checkCount(cap, "cap");
  checkCallback(idOf, "idOf");
  if (rows.length <= cap) return { count: rows.length, next: lastRead };
  return { count: cap, next: idOf(rows[cap - 1]!) };
}

/**
 * Makes a page of up to `limit + 1` rows that were read.
 *
 * @param cursorOf Returns the `after` of the next page from the last row of this page.
 * @throws {InvalidArgumentError} If an argument has the wrong type.
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): Page<Item> {
  checkList(rows, "rows");
  checkCount(limit, "limit");
  checkCallback(toItem, "toItem");
  checkCallback(cursorOf, "cursorOf");
  const items = rows.slice(0, limit).map(toItem);
  return { items, next: rows.length > limit ? cursorOf(rows[limit - 1]!) : null };
}

function checkedPage(page: PageRequest): PageRequest {
  checkOptions(page, { limit: true, after: true }, "page");
  return page;
}

/** The parsed request for a page of failure groups. */
export interface FailurePage {
  /** The maximum number of groups on the page. */
  readonly limit: number;
  /** The group after which the page begins; null for the first page. */
  readonly after: Pick<FailureGroup, "lastAt" | "id"> | null;
  /** The span of the counts, which begins and ends at whole milliseconds; null for no counts. */
  readonly span: FailureSpan | null;
  /** Makes the page of up to `limit + 1` groups that were read. */
  readonly of: (groups: readonly FailureGroup[]) => Page<FailureGroup>;
}

/**
 * Reads the request for a page of groups of failures.
 *
 * @throws {InvalidArgumentError} If a member of the page or of the span is invalid or unknown.
 */
export function failurePage(request: PageRequest = {}, span?: FailureSpan): FailurePage {
  const limit = pageLimit(request);
  if (span !== undefined) checkFailureSpan(span);
  return {
    limit,
    after: failureCursor(request.after),
    span: span === undefined
      ? null
      : { ...span, from: Math.ceil(span.from), to: Math.ceil(span.to) },
    of: (groups) => toPage(groups, limit, (group) => group, ({ lastAt, id }) => `${lastAt}-${id}`),
  };
}

function failureCursor(after: unknown): FailurePage["after"] {
  if (after === undefined) return null;
  const [, lastAt, id] = typeof after === "string" && /^(\d{1,16})-([0-9a-f]{16})$/.exec(after) ||
    [];
  if (lastAt !== undefined && id !== undefined) return { lastAt: Number(lastAt), id };
  throw new InvalidArgumentError("after", after, "be the `next` of the page before");
}

/** The parsed request for a page of rate limits. */
export interface RateLimitPage {
  /** The maximum number of keys on the page. */
  readonly limit: number;
  /** The key after which the page begins; an empty string for the first page. */
  readonly after: string;
  /** Makes the page of up to `limit + 1` keys that were read. */
  readonly of: (limits: readonly RateLimitRecord[]) => Page<RateLimitRecord>;
}

/**
 * Reads the request for a page of rate limits.
 *
 * @throws {InvalidArgumentError} If a member is invalid or unknown.
 */
export function rateLimitPage(request: PageRequest = {}): RateLimitPage {
  const limit = pageLimit(request);
  const { after = "" } = request;
  if (typeof after !== "string") {
    throw new InvalidArgumentError("after", after, "be the `next` of the page before");
  }
  return { limit, after, of: (limits) => toPage(limits, limit, (each) => each, ({ key }) => key) };
}
