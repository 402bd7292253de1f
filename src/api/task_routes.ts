// The routes of tasks.

import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnvironment } from "./environment.ts";
import { notFoundResponse, problemResponses, taskNotFound } from "./problems.ts";
import { json, linkHeader, nextLink, taskParams } from "./route_parts.ts";
import { explanationSchema, taskCountSchema, taskPageSchema, taskSchema } from "./schemas.ts";
import { countQuery, present, searchQuery, toFilter, toPageRequest } from "./search_query.ts";
import type { SeenTask } from "./view.ts";
import { toWire, type Wire } from "./wire.ts";

const search = createRoute({
  method: "get",
  path: "/api/v1/tasks",
  summary: "Search tasks",
  request: { query: searchQuery },
  responses: {
    200: { ...json(taskPageSchema, "A page of tasks"), headers: linkHeader },
    ...problemResponses,
  },
});

const count = createRoute({
  method: "get",
  path: "/api/v1/tasks/count",
  summary: "Count tasks, up to a cap",
  request: { query: countQuery },
  responses: { 200: json(taskCountSchema, "The number of matching tasks"), ...problemResponses },
});

const get = createRoute({
  method: "get",
  path: "/api/v1/tasks/{id}",
  summary: "One task",
  request: { params: taskParams },
  responses: { 200: json(taskSchema, "The task"), ...problemResponses, ...notFoundResponse },
});

const explain = createRoute({
  method: "get",
  path: "/api/v1/tasks/{id}/explain",
  summary: "Why a task is not running, or does not exist",
  request: { params: taskParams },
  responses: {
    200: json(explanationSchema, "All reasons"),
    ...problemResponses,
    ...notFoundResponse,
  },
});

/** Adds the routes of tasks. */
export function addTaskRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(search, async (context) => {
    const query = context.req.valid("query");
    const found = await context.get("view").search(toFilter(query), toPageRequest(query));
    const { items, next, incomplete } = found;
    if (next !== null) context.header("link", nextLink(context.req.url, next));
    return context.json({ items: items.map(onWire), next, incomplete }, 200);
  });
  app.openapi(count, async (context) => {
    const { cap, ...filter } = context.req.valid("query");
    const counted = await context.get("view").count(toFilter(filter), present({ cap }));
    return context.json(counted, 200);
  });
  app.openapi(get, async (context) => {
    const { id } = context.req.valid("param");
    const task = await context.get("view").task(id);
    if (task === null) return taskNotFound(context, id);
    context.header("etag", `"${task.version}"`);
    return context.json(onWire(task), 200);
  });
  app.openapi(explain, async (context) => {
    const { id } = context.req.valid("param");
    const explanation = await context.get("view").explain(id);
    if (explanation === null) return taskNotFound(context, id);
    return context.json(toWire(explanation), 200);
  });
}

type TaskOnWire =
  & Omit<Wire<SeenTask>, "payload">
  & { payload: { text: string; value: unknown } | null };

/** Returns a task as it appears in a response. */
function onWire({ payload, ...task }: SeenTask): TaskOnWire {
  const shown = payload === null ? null : { text: payload, value: parsed(payload) };
  return { ...toWire(task), payload: shown };
}

/** Parses a payload; returns null if it is damaged. */
function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}
