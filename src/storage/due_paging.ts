// The part of paging by due instant that all drivers share. A page of waiting tasks begins after
// the due instant and the id of the last task of the previous page.

import { checkChoice, checkCount, checkList, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { isUuid } from "../ids/uuid_v7.ts";
import { readMember } from "../thrown/reading.ts";
import { mostRowsRead, pageLimit } from "./paging.ts";
import { mostScatteredRead } from "./task_filter.ts";
import type { TaskFilter, TaskPage, TaskPageRequest } from "./queries.ts";
import type { TaskRecord } from "./records.ts";

/** The position of a waiting task in the order of due instants, then of ids. */
export interface DuePlace {
  /** Epoch milliseconds. */
  readonly dueAt: number;
  /** The task's id. */
  readonly id: string;
}

/** The parsed request for a page of tasks by due instant. */
export interface DuePageStart {
  /** The maximum number of tasks on the page. */
  readonly limit: number;
  /** The place after which the page begins; null for the first page. */
  readonly after: DuePlace | null;
}

/** Reports whether a request is for a page of waiting tasks, by due instant. */
export function isByDue(page: TaskPageRequest | undefined): boolean {
  return page?.order === "due";
}

/**
 * Reads the request for a page of tasks by due instant.
 *
 * @throws {InvalidArgumentError} If a member is invalid or unknown.
 */
export function duePageStart(page: TaskPageRequest): DuePageStart {
  checkOptions(page, { limit: true, after: true, order: true }, "page");
  const { order, after, ...rest } = page;
  checkChoice(order, ["due"], "order");
  return { limit: pageLimit(rest), after: after === undefined ? null : placeOf(after) };
}

function placeOf(after: unknown): DuePlace {
  const [, dueAt, id] = typeof after === "string" && /^(-?\d{1,16})-(.{36})$/.exec(after) || [];
  if (Number.isSafeInteger(Number(dueAt)) && isUuid(id)) {
    return { dueAt: Number(dueAt), id: id as string };
  }
  throw new InvalidArgumentError("after", after, "be the `next` of the page before");
}

/**
 * Returns the number of tasks to read of each line, so that a page reads a limited number of rows.
 * A line is a part of the waiting tasks that an index keeps in the order of due instants, such as
 * the tasks of one queue and priority. If a line has more tasks than this number, the page holds no
 * tasks after the last task that was read of the line. If several lines have more, the page ends at
 * the earliest of these last tasks.
 *
 * @param lines The number of lines.
 * @param limit The maximum number of tasks on the page.
 * @throws {InvalidArgumentError} If an argument has the wrong type.
 */
export function rowsOfLine(filter: TaskFilter, lines: number, limit: number): number {
  checkCount(lines, "lines", 0);
  checkCount(limit, "limit");
  const share = Math.max(1, Math.ceil(mostReadByDue(filter) / Math.max(1, lines)));
  return allMatch(filter) ? Math.min(limit + 1, share) : share;
}

/** Returns the maximum number of rows that a call reads by due instant. */
export function mostReadByDue(filter: TaskFilter): number {
  return allMatch(filter) ? mostRowsRead : mostScatteredRead;
}

/** Reports whether all tasks of a filter's lines match it. */
function allMatch(filter: TaskFilter): boolean {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return given.every(([name]) => name === "queues");
}

/** Compares places: the earlier due instant first, then the lower id. */
export function byPlace(a: DuePlace, b: DuePlace): number {
  return a.dueAt - b.dueAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/**
 * Makes a page of up to `limit + 1` waiting tasks, which are in the order of their due instants.
 *
 * @param known The place up to which the tasks were read; null if all of them were read.
 * @throws {InvalidArgumentError} If an argument has the wrong type.
 */
export function toDuePage(
  tasks: readonly TaskRecord[],
  limit: number,
  known: DuePlace | null,
): TaskPage {
  checkList(tasks, "tasks");
  checkCount(limit, "limit");
  const items = tasks.slice(0, limit);
  if (tasks.length > limit) return { items, next: cursorOf(items.at(-1)!, "tasks") };
  return known === null
    ? { items, next: null }
    : { items, next: cursorOf(known, "known"), incomplete: true };
}

/** Returns the `next` of a page that ends at a place. */
function cursorOf(
  place: { readonly dueAt: number | null; readonly id: string },
  argument: string,
): string {
  const [dueAt, id] = [readMember(place, "dueAt"), readMember(place, "id")];
  if (typeof dueAt === "number" && typeof id === "string") return `${dueAt}-${id}`;
  throw new InvalidArgumentError(argument, place, "have a due instant and an id");
}
