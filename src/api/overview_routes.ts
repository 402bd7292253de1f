// The routes of queues and workers.

import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnvironment, ApiSource } from "./environment.ts";
import { problemResponses } from "./problems.ts";
import { queuesSchema, workersSchema } from "./schemas.ts";
import { toWire } from "./wire.ts";

const queues = createRoute({
  method: "get",
  path: "/api/v1/queues",
  summary: "The waiting tasks and the workers of each queue",
  responses: {
    200: { description: "By name", content: { "application/json": { schema: queuesSchema } } },
    ...problemResponses,
  },
});

const workers = createRoute({
  method: "get",
  path: "/api/v1/workers",
  summary: "The registered workers, oldest first",
  responses: {
    200: { description: "All", content: { "application/json": { schema: workersSchema } } },
    ...problemResponses,
  },
});

/** Adds the routes of queues and workers. */
export function addOverviewRoutes(
  app: OpenAPIHono<ApiEnvironment>,
  { operate }: ApiSource,
): void {
  app.openapi(
    queues,
    async (context) => context.json({ items: toWire(await operate.queues()) }, 200),
  );
  app.openapi(
    workers,
    async (context) => context.json({ items: toWire(await operate.workers()) }, 200),
  );
}
