// The part of a search by payload that all drivers share. A database finds the payloads that
// contain the text of the value; whether it is at the path is checked here, by the same code for
// every store. So no store has to parse payloads, which may be damaged.

import { checkCallback, checkOptions, isPlain } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { countStart } from "./paging.ts";
import type {
  CountRequest,
  PartialCount,
  PayloadFilter,
  TaskFilter,
  TaskPage,
  TaskPageRequest,
} from "./queries.ts";

const longestPath = 200;
const longestText = 1000;

/**
 * Checks the filter of payloads.
 *
 * @throws {InvalidArgumentError} If a member is invalid or unknown.
 */
export function checkPayloadFilter(filter: PayloadFilter, argument: string): void {
  checkOptions(filter, { path: true, equals: true }, argument);
  const { path, equals } = filter;
  const isPath = typeof path === "string" && path.length <= longestPath &&
    path.split(".").every((name) => name !== "");
  if (!isPath) {
    const remedy = `be names of at most ${longestPath} characters, separated by dots`;
    throw new InvalidArgumentError(`${argument}.path`, path, remedy);
  }
  const isValue = equals === null || typeof equals === "boolean" || Number.isFinite(equals) ||
    typeof equals === "string" && equals.length <= longestText;
  if (isValue) return;
  const remedy = `be a text of at most ${longestText} characters, a number, true, false or null`;
  throw new InvalidArgumentError(`${argument}.equals`, equals, remedy);
}

/**
 * Returns the text that a payload must contain for a filter to match; undefined for any payload.
 *
 * @throws {InvalidArgumentError} If the filter is not an object, or its payload filter is invalid.
 */
export function payloadPart(filter: TaskFilter): string | undefined {
  if (!isPlain(filter)) throw new InvalidArgumentError("filter", filter, "be an object");
  const { payload } = filter;
  if (payload === undefined) return undefined;
  checkPayloadFilter(payload, "filter.payload");
  return JSON.stringify(payload.equals);
}

/**
 * Reports whether a payload has the value at the path.
 *
 * @param payload The payload, as JSON text.
 * @throws {InvalidArgumentError} As {@linkcode payloadPart}.
 */
export function hasPayload(filter: TaskFilter, payload: string): boolean {
  const part = payloadPart(filter);
  if (part === undefined) return true;
  if (typeof payload !== "string" || !payload.includes(part)) return false;
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return false; // a damaged payload
  }
  for (const name of filter.payload!.path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return false;
    value = value[name as keyof typeof value];
  }
  return value === filter.payload!.equals;
}

/**
 * Removes the tasks from a page whose payloads contain the value elsewhere than at the path. The
 * page is then incomplete.
 *
 * @throws {InvalidArgumentError} As {@linkcode payloadPart}.
 */
export function matchingPage(page: TaskPage, filter: TaskFilter): TaskPage {
  if (payloadPart(filter) === undefined) return page;
  if (!isPlain(page) || !Array.isArray(page.items)) {
    throw new InvalidArgumentError("page", page, "be a page of tasks");
  }
  const items = page.items.filter(({ payload }) => hasPayload(filter, payload));
  if (items.length === page.items.length || page.next === null) return { ...page, items };
  return { items, next: page.next, incomplete: true };
}

const largestPage = 1000;

/**
 * Counts the tasks of a page, for a filter of payloads.
 *
 * @param list Returns a page of the matching tasks.
 * @throws {InvalidArgumentError} If the request is invalid.
 */
export async function countPage(
  request: CountRequest,
  list: (page: TaskPageRequest) => TaskPage | Promise<TaskPage>,
): Promise<PartialCount> {
  const { cap, after } = countStart(request);
  checkCallback(list, "list");
  const limit = Math.min(cap, largestPage);
  const page = await list({ limit, ...after !== undefined && { after } });
  if (!isPlain(page) || !Array.isArray(page.items)) {
    throw new InvalidArgumentError("list", page, "answer with a page of tasks");
  }
  return { count: page.items.length, next: page.next };
}
