// Checks the task filters of users, because each store would treat an invalid filter differently.
// Also decides for drivers how to search by a filter.

import type { OptionNames } from "../guards/option_names.ts";
import { checkNames, checkOptions, isPlain } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { isStorableInstant } from "../time/instant.ts";
import { parseTaskId } from "../ids/uuid_v7.ts";
import { parseTags } from "../task/tags.ts";
import { checkPayloadFilter } from "./payload_search.ts";
import { mostRowsRead } from "./paging.ts";
import type { TaskFilter } from "./queries.ts";
import { taskStatuses } from "./task_status.ts";

const instants = [
  "createdFrom",
  "createdBefore",
  "dueFrom",
  "dueBefore",
  "executedFrom",
  "executedBefore",
] as const;

const members: OptionNames<TaskFilter> = {
  ids: true,
  statuses: true,
  types: true,
  queues: true,
  tags: true,
  recurring: true,
  taskKey: true,
  taskKeyPrefix: true,
  exceptionContains: true,
  payload: true,
  createdFrom: true,
  createdBefore: true,
  dueFrom: true,
  dueBefore: true,
  executedFrom: true,
  executedBefore: true,
};

/** The maximum number of ids in a filter. */
const mostIds = 1000;

/**
 * The maximum length of a string to search for, in UTF-16 code units. Every store accepts this
 * length.
 */
const longestText = 1000;

/** The properties for which stores have an index that finds only matching rows. */
const indexed: ReadonlySet<string> = new Set<keyof TaskFilter>(["ids", "taskKey"]);

/**
 * Reports whether a search by a filter may read rows that do not match. Such a search stops after
 * {@linkcode mostRowsRead} rows.
 *
 * @throws {InvalidArgumentError} If the filter is not an object.
 */
export function readsInVain(filter: TaskFilter): boolean {
  checkFilter(filter);
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  if (given.some(([name]) => indexed.has(name))) return false;
  if (filter.tags?.length === 1) return given.length > 1;
  return given.some(([name, value]) => name !== "recurring" || value !== true);
}

/**
 * Returns the tag whose tasks a search reads; undefined if the filter has no tags. Also undefined
 * if it has ids or a task key, because the index of those finds fewer tasks.
 *
 * @throws {InvalidArgumentError} If the filter is not an object.
 */
export function tagToRead(filter: TaskFilter): string | undefined {
  checkFilter(filter);
  return filter.ids === undefined && filter.taskKey === undefined ? filter.tags?.[0] : undefined;
}

function checkFilter(filter: TaskFilter): void {
  if (!isPlain(filter)) throw new InvalidArgumentError("filter", filter, "be an object");
}

/**
 * The maximum number of tasks that a call reads of a tag, of a value in payloads, or by due
 * instant: they are scattered in a table.
 */
export const mostScatteredRead = 500;

/**
 * Returns the maximum number of rows that a call reads to find those that match a filter; undefined
 * if an index finds them.
 *
 * @throws {InvalidArgumentError} If the filter is not an object.
 */
export function mostRead(filter: TaskFilter): number | undefined {
  if (!readsInVain(filter)) return undefined;
  return tagToRead(filter) === undefined ? mostRowsRead : mostScatteredRead;
}

/**
 * Parses a user's filter. Ids may be in upper case. Ids that no task can have are removed.
 *
 * @throws {InvalidArgumentError} If a property is invalid or unknown. Ignoring it would match too
 * many tasks.
 */
export function parseTaskFilter(filter: TaskFilter): TaskFilter {
  checkOptions(filter, members, "filter");
  const { ids, statuses, types, queues, recurring } = filter;
  if (statuses !== undefined) checkNames(statuses, taskStatuses, "filter.statuses");
  if (types !== undefined) checkNames(types, null, "filter.types");
  if (queues !== undefined) checkNames(queues, null, "filter.queues");
  if (recurring !== undefined && typeof recurring !== "boolean") {
    throw new InvalidArgumentError("filter.recurring", recurring, "be true or false");
  }
  for (const name of ["taskKey", "taskKeyPrefix", "exceptionContains"] as const) {
    if (filter[name] !== undefined) checkText(filter[name], `filter.${name}`);
  }
  if (filter.payload !== undefined) checkPayloadFilter(filter.payload, "filter.payload");
  for (const name of instants) checkInstant(filter[name], `filter.${name}`);
  return {
    ...filter,
    ...ids !== undefined && { ids: parseIds(ids) },
    ...filter.tags !== undefined && { tags: parseTags(filter.tags, "filter.tags") },
  };
}

function parseIds(ids: readonly string[]): string[] {
  checkNames(ids, null, "filter.ids");
  if (ids.length <= mostIds) return ids.map(parseTaskId).filter((id) => id !== null);
  const remedy = `be at most ${mostIds} ids`;
  throw new InvalidArgumentError("filter.ids", `a list of ${ids.length}`, remedy);
}

function checkText(text: unknown, argument: string): void {
  if (typeof text === "string" && text !== "" && text.length <= longestText) return;
  const remedy = `be a string of 1 to ${longestText} characters`;
  throw new InvalidArgumentError(argument, text, remedy);
}

function checkInstant(instant: number | undefined, argument: string): void {
  if (instant === undefined) return;
  if (Number.isInteger(instant) && isStorableInstant(instant)) return;
  const remedy = "be whole epoch milliseconds of the years 1 to 9999, such as date.getTime()";
  throw new InvalidArgumentError(argument, instant, remedy);
}
