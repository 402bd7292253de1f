// The routes of tasks.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ApiUser } from "./access.ts";
import type { ApiEnvironment, ApiSource, ApiTask } from "./environment.ts";
import { notFoundResponse, problem, problemResponses } from "./problems.ts";
import { explanationSchema, taskCountSchema, taskPageSchema, taskSchema } from "./schemas.ts";
import { countQuery, present, searchQuery, toFilter, toPageRequest } from "./search_query.ts";
import { toWire, type Wire } from "./wire.ts";

const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});
const params = z.object({ id: z.string().openapi({ description: "The task's id" }) });

const search = createRoute({
  method: "get",
  path: "/api/v1/tasks",
  summary: "Search tasks",
  request: { query: searchQuery },
  responses: {
    200: {
      ...json(taskPageSchema, "A page of tasks"),
      headers: z.object({
        Link: z.string().optional().openapi({ description: "The next page (RFC 8288)" }),
      }),
    },
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
  request: { params },
  responses: { 200: json(taskSchema, "The task"), ...problemResponses, ...notFoundResponse },
});

const explain = createRoute({
  method: "get",
  path: "/api/v1/tasks/{id}/explain",
  summary: "Why a task is not running, or does not exist",
  request: { params },
  responses: { 200: json(explanationSchema, "All reasons"), ...problemResponses },
});

/** Adds the routes of tasks. */
export function addTaskRoutes(app: OpenAPIHono<ApiEnvironment>, source: ApiSource): void {
  const { operate } = source;
  app.openapi(search, async (context) => {
    const query = context.req.valid("query");
    const found = await operate.tasks.search(toFilter(query), toPageRequest(query));
    const { items, next, incomplete = false } = found;
    if (next !== null) context.header("link", nextLink(context.req.url, next));
    const user = context.get("user");
    return context.json({ items: items.map((task) => taskFor(user, task)), next, incomplete }, 200);
  });
  app.openapi(count, async (context) => {
    const { cap, ...filter } = context.req.valid("query");
    return context.json(await operate.tasks.count(toFilter(filter), present({ cap })), 200);
  });
  app.openapi(get, async (context) => {
    const { id } = context.req.valid("param");
    const task = await source.get(id);
    // The cast is needed because `problem` returns a general response; the route's description has
    // its type.
    if (task === null) return problem(context, "not-found", `No task has the id ${id}.`) as never;
    return context.json(taskFor(context.get("user"), task), 200);
  });
  app.openapi(explain, async (context) => {
    const { id } = context.req.valid("param");
    return context.json(toWire(await operate.explain(id)), 200);
  });
}

type TaskOnWire =
  & Omit<Wire<ApiTask>, "payload">
  & { payload: { text: string; value: unknown } | null };

/** Returns a task without the parts that the user may not see. */
function taskFor({ can }: ApiUser, { payload, ...task }: ApiTask): TaskOnWire {
  const shown = can.includes("payloads") ? { text: payload, value: parsed(payload) } : null;
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

/**
 * Returns the request's URL with another `after`. The URL is relative, because a proxy may change
 * the origin.
 */
function nextLink(url: string, next: string): string {
  const { searchParams } = new URL(url);
  searchParams.set("after", next);
  return `<?${searchParams}>; rel="next"`;
}
