// The route that describes the user of the request.

import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnvironment } from "./environment.ts";
import { problemResponses } from "./problems.ts";
import { json } from "./route_parts.ts";
import { meSchema } from "./schemas.ts";
import { toWire } from "./wire.ts";

const me = createRoute({
  method: "get",
  path: "/api/v1/me",
  summary: "The user of the request, with the user's rights and limits",
  responses: { 200: json(meSchema, "The user"), ...problemResponses },
});

/** Adds the route. */
export function addUserRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(me, async (context) => {
    const now = await context.get("view").now();
    const { user, can, filter, redact } = context.get("user");
    const { types = null, queues = null, taskKeyPrefix = null, tags = null } = filter ?? {};
    const seen = filter === undefined ? null : {
      types: types && [...types],
      queues: queues && [...queues],
      taskKeyPrefix,
      tags: tags && [...tags],
    };
    const redacted = redact !== undefined;
    return context.json({ user, can: [...can], filter: seen, redacted, now: toWire(now) }, 200);
  });
}
