// The query parameters of a search, and their conversion to a filter.

import { z } from "@hono/zod-openapi";
import { parsePayloadCondition } from "../operate/payload_condition.ts";
import type { TaskFilter, TaskPageRequest } from "../storage/queries.ts";
import { taskStatuses } from "../storage/task_status.ts";
import { flag, integer, limitParameter } from "./route_parts.ts";

/** Returns the schema of a parameter that may be repeated. */
export function listOf<Item extends z.ZodType>(item: Item) {
  const toList = (value: unknown) => value === undefined || Array.isArray(value) ? value : [value];
  return z.preprocess(toList, z.array(item).optional());
}

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)).optional();
const text = z.string().min(1).max(1000).optional();

const filterParameters = {
  id: listOf(z.string()),
  status: listOf(z.enum(taskStatuses)),
  type: listOf(z.string()),
  queue: listOf(z.string()),
  recurring: flag,
  tag: listOf(z.string().min(1).max(100)).openapi({ description: "Tasks with all of these tags" }),
  key: text,
  keyPrefix: text,
  error: text.openapi({ description: "A part of the error's text, matched literally" }),
  payload: z.string().max(1500).regex(/^[^=]+=/).transform(parsePayloadCondition).optional()
    .openapi({
      type: "string",
      description: "`path=value`, such as `customer.id=42`: a value that is no JSON is a text",
    }),
  createdFrom: instant,
  createdBefore: instant,
  dueFrom: instant,
  dueBefore: instant,
  executedFrom: instant,
  executedBefore: instant,
};

/** The parameters of a page of tasks. */
export const searchQuery = z.strictObject({
  ...filterParameters,
  order: z.enum(["newest", "oldest", "due"]).optional().openapi({
    description: "`due` lists only waiting tasks, in the order of their due instants",
  }),
  limit: limitParameter,
  after: z.string().max(60).regex(/^(-?\d{1,16}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    .optional().openapi({ description: "`next` of the page before" }),
});

/** The parameters of a count of tasks. */
export const countQuery = z.strictObject({
  ...filterParameters,
  cap: integer(10_000).openapi({ description: "The maximum count; 10,000 by default" }),
});

type FilterQuery = Omit<z.output<typeof searchQuery>, "order" | "limit" | "after">;

/** Converts the parameters to a filter. */
export function toFilter(query: FilterQuery): TaskFilter {
  return present({
    ids: query.id,
    statuses: query.status,
    types: query.type,
    queues: query.queue,
    recurring: query.recurring,
    tags: query.tag,
    taskKey: query.key,
    taskKeyPrefix: query.keyPrefix,
    exceptionContains: query.error,
    payload: query.payload ?? undefined,
    createdFrom: query.createdFrom,
    createdBefore: query.createdBefore,
    dueFrom: query.dueFrom,
    dueBefore: query.dueBefore,
    executedFrom: query.executedFrom,
    executedBefore: query.executedBefore,
  });
}

/** Converts the parameters to the request for a page. */
export function toPageRequest(
  { order, limit, after }: Pick<z.output<typeof searchQuery>, "order" | "limit" | "after">,
): TaskPageRequest {
  return present({ order, limit, after });
}

/** Returns the properties that are not undefined. */
export function present<T extends object>(
  members: T,
): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}
