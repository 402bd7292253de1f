// The routes that change many tasks at once, and the route that pauses and resumes queues.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { taskStatuses } from "../storage/task_status.ts";
import { bodyProblems, reason } from "./change_parts.ts";
import { editFields } from "./change_routes.ts";
import type { ApiEnvironment } from "./environment.ts";
import { problemResponses } from "./problems.ts";
import { json } from "./route_parts.ts";
import { bulkResultSchema } from "./schemas.ts";
import { present, toFilter } from "./search_query.ts";

const text = z.string().min(1).max(1000).optional();
const texts = z.array(z.string()).max(1000).optional();
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)).optional();

/** The filter of a search, as JSON. */
const filter = z.strictObject({
  id: texts,
  status: z.array(z.enum(taskStatuses)).optional(),
  type: texts,
  queue: texts,
  tag: z.array(z.string()).max(20).optional(),
  recurring: z.boolean().optional(),
  key: text,
  keyPrefix: text,
  error: text,
  payload: z.strictObject({
    path: z.string().min(1).max(200),
    equals: z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]),
  }).optional(),
  createdFrom: instant,
  createdBefore: instant,
  dueFrom: instant,
  dueBefore: instant,
  executedFrom: instant,
  executedBefore: instant,
});

const body = z.strictObject({
  filter,
  edit: z.strictObject(editFields).optional().openapi({ description: "For edit: the new values" }),
  seen: z.array(z.enum(taskStatuses)).max(1000).optional().openapi({
    description: "The status in which you saw each task of `filter.id`, in the same order; tasks " +
      "with another status are skipped",
  }),
  reason,
  dryRun: z.boolean().optional().openapi({ description: "Only counts; false by default" }),
  after: z.string().max(1000).optional().openapi({ description: "The `next` of the last batch" }),
  limit: z.int().min(1).max(200).optional().openapi({ description: "200 tasks by default" }),
});

const bulk = createRoute({
  method: "post",
  path: "/api/v1/bulk/{verb}",
  summary: "Change one batch of the matching tasks; repeat with `next` until it is null",
  request: {
    params: z.object({ verb: z.enum(["retry", "run", "cancel", "delete", "edit"]) }),
    body: { required: true, content: { "application/json": { schema: body } } },
  },
  responses: { 200: json(bulkResultSchema, "One batch"), ...problemResponses, ...bodyProblems },
});

const queueChange = createRoute({
  method: "post",
  path: "/api/v1/queues/{queue}/{verb}",
  summary: "Pause or resume a queue",
  request: {
    params: z.object({ queue: z.string(), verb: z.enum(["pause", "resume"]) }),
    body: {
      required: true,
      content: { "application/json": { schema: z.strictObject({ reason }) } },
    },
  },
  responses: { 204: { description: "Done" }, ...problemResponses, ...bodyProblems },
});

/** A path has no place for some names, such as `..`. */
const namedQueueChange = createRoute({
  method: "post",
  path: "/api/v1/queues/{verb}",
  summary: "Pause or resume a queue of any name",
  request: {
    params: z.object({ verb: z.enum(["pause", "resume"]) }),
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({ queue: z.string().min(1).max(200), reason }),
        },
      },
    },
  },
  responses: { 204: { description: "Done" }, ...problemResponses, ...bodyProblems },
});

/** Adds the routes. */
export function addBulkRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(bulk, async (context) => {
    const { verb } = context.req.valid("param");
    const { filter, edit = {}, ...options } = context.req.valid("json");
    const changes = context.get("changes");
    const matching = toFilter(filter);
    const { delayMs, ...fields } = edit;
    const given = present(options);
    const shared = present({ ...fields, delay: delayMs });
    const { changed, skipped, next, actionId } = verb === "edit"
      ? await changes.bulkEdit(matching, shared, given)
      : await changes.bulk(verb === "run" ? "runNow" : verb, matching, given);
    return context.json({ changed, skipped: [...skipped], next, actionId }, 200);
  });
  app.openapi(queueChange, async (context) => {
    const { queue, verb } = context.req.valid("param");
    await context.get("changes").queue(verb, queue, context.req.valid("json").reason);
    return context.body(null, 204);
  });
  app.openapi(namedQueueChange, async (context) => {
    const { queue, reason } = context.req.valid("json");
    await context.get("changes").queue(context.req.valid("param").verb, queue, reason);
    return context.body(null, 204);
  });
}
