// The routes of activity, of groups of failures and of rate limits.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ApiEnvironment } from "./environment.ts";
import { activitySchema, failuresSchema, limitsSchema, sizesSchema } from "./figure_schemas.ts";
import { problemResponses } from "./problems.ts";
import { json, limitParameter, linkHeader, nextLink } from "./route_parts.ts";
import { listOf, present } from "./search_query.ts";
import { toWire } from "./wire.ts";

const instant = z.iso.datetime({ offset: true }).optional();

const activity = createRoute({
  method: "get",
  path: "/api/v1/activity",
  summary: "The starts, ends and durations of tasks, by minute, hour or day",
  request: {
    query: z.strictObject({
      from: instant.openapi({ description: "60 steps before `to` by default" }),
      to: instant.openapi({ description: "Now by default" }),
      step: z.enum(["minute", "hour", "day"]).optional(),
      by: listOf(z.enum(["type", "queue"])),
    }),
  },
  responses: { 200: json(activitySchema, "The steps with activity"), ...problemResponses },
});

const failures = createRoute({
  method: "get",
  path: "/api/v1/failures",
  summary: "Failures in groups of the same type and error, newest first",
  request: {
    query: z.strictObject({
      limit: limitParameter,
      after: z.string().max(200).optional(),
      from: instant.openapi({
        description: "The beginning of the counts; 60 steps before `to` by default",
      }),
      to: instant.openapi({ description: "The end of the counts; now by default" }),
      step: z.enum(["hour", "day"]).optional().openapi({
        description: '"hour" by default. Without `from`, `to` and `step`, there are no counts',
      }),
    }),
  },
  responses: {
    200: { ...json(failuresSchema, "A page of groups"), headers: linkHeader },
    ...problemResponses,
  },
});

const limits = createRoute({
  method: "get",
  path: "/api/v1/limits",
  summary: "The budgets of rate limits that were used within the last day, by key",
  request: {
    query: z.strictObject({ limit: limitParameter, after: z.string().min(1).max(500).optional() }),
  },
  responses: {
    200: { ...json(limitsSchema, "A page of budgets"), headers: linkHeader },
    ...problemResponses,
  },
});

const sizes = createRoute({
  method: "get",
  path: "/api/v1/sizes",
  summary: "The rows and bytes of each table, and its growth; estimates for large tables",
  responses: { 200: json(sizesSchema, "By table"), ...problemResponses },
});

/** Adds the routes. */
export function addFigureRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(activity, async (context) => {
    const { operate } = context.get("view").store;
    const steps = await operate.activity(present(context.req.valid("query")));
    return context.json({ items: toWire(steps) }, 200);
  });
  app.openapi(limits, async (context) => {
    const { operate } = context.get("view").store;
    const page = await operate.limits(present(context.req.valid("query")));
    if (page.next !== null) context.header("link", nextLink(context.req.url, page.next));
    return context.json(toWire(page), 200);
  });
  app.openapi(sizes, async (context) => {
    const { operate } = context.get("view").store;
    return context.json({ items: toWire(await operate.sizes()) }, 200);
  });
  app.openapi(failures, async (context) => {
    const page = await context.get("view").failures(present(context.req.valid("query")));
    if (page.next !== null) context.header("link", nextLink(context.req.url, page.next));
    return context.json(toWire(page), 200);
  });
}
