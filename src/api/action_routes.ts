// The route that lists the actions of operators.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { operatorVerbs } from "../storage/operation_requests.ts";
import type { ApiEnvironment } from "./environment.ts";
import { notFoundResponse, problemResponses, taskNotFound } from "./problems.ts";
import { json, linkHeader, nextLink, pageParameters } from "./route_parts.ts";
import { actionsSchema } from "./schemas.ts";
import { listOf, present } from "./search_query.ts";
import { toWire } from "./wire.ts";

const name = z.string().min(1).max(200).optional();

const actions = createRoute({
  method: "get",
  path: "/api/v1/actions",
  summary: "The actions of operators, newest first",
  request: {
    query: z.strictObject({
      by: name,
      verb: listOf(z.enum(operatorVerbs)),
      taskId: z.string().optional(),
      queueName: name,
      ...pageParameters,
    }),
  },
  responses: {
    200: { ...json(actionsSchema, "A page of actions"), headers: linkHeader },
    ...problemResponses,
    ...notFoundResponse,
  },
});

/** Adds the route. */
export function addActionRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(actions, async (context) => {
    const { limit, after, verb: verbs, queueName: queue, ...filter } = context.req.valid("query");
    const found = await context.get("view").actions(
      present({ ...filter, queue, verbs }),
      present({ limit, after }),
    );
    if (found === null) return taskNotFound(context, filter.taskId ?? "");
    if (found.next !== null) context.header("link", nextLink(context.req.url, found.next));
    return context.json(toWire(found), 200);
  });
}
