// The routes that change no task in particular: they purge history, stop workers and release rate
// limits.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { bodyProblems, reason } from "./change_parts.ts";
import type { ApiEnvironment } from "./environment.ts";
import { notFound, notFoundResponse, problemResponses } from "./problems.ts";
import { json } from "./route_parts.ts";
import { purgeResultSchema } from "./schemas.ts";
import { present } from "./search_query.ts";

/** Describes a JSON body. */
function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { "application/json": { schema } } } as const;
}

/** A number of days that every store can subtract from the present. */
const days = z.number().positive().max(365_000).optional();

const purge = createRoute({
  method: "post",
  path: "/api/v1/audit/purge",
  summary: "Delete one batch of old history; repeat with `next` until it is null",
  request: {
    body: jsonBody(z.strictObject({
      policy: z.strictObject({
        statusAuditDays: days,
        runsAuditDays: days,
        errorAuditDays: days,
        executionLogDays: days,
        operatorActionDays: days,
        maxExecutionLogsPerTask: z.int().min(1).max(2_147_483_647).optional(),
        deleteCompletedTasksAfterRetention: z.boolean().optional(),
      }),
      reason,
      after: z.string().max(100).optional().openapi({
        description: "The `next` of the last batch",
      }),
      limit: z.int().min(1).max(10_000).optional().openapi({
        description: "2,000 rows by default",
      }),
    })),
  },
  responses: { 200: json(purgeResultSchema, "One batch"), ...problemResponses, ...bodyProblems },
});

const drain = createRoute({
  method: "post",
  path: "/api/v1/workers/{worker}/drain",
  summary: "Make a worker finish its running tasks and stop",
  request: {
    params: z.object({ worker: z.string() }),
    body: jsonBody(z.strictObject({ reason })),
  },
  responses: {
    204: { description: "The worker was asked to stop" },
    ...problemResponses,
    ...notFoundResponse,
    ...bodyProblems,
  },
});

const release = createRoute({
  method: "post",
  path: "/api/v1/limits/release",
  summary: "Give back the budget of a rate limit, so that the next tasks run at once",
  request: {
    body: jsonBody(z.strictObject({
      type: z.string().max(500),
      key: z.string().max(200).openapi({ description: "Empty for a limit without keys" }),
      reason,
    })),
  },
  responses: {
    204: { description: "Released" },
    ...problemResponses,
    ...notFoundResponse,
    ...bodyProblems,
  },
});

/** Adds the routes. */
export function addOperationRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(purge, async (context) => {
    const { policy, ...options } = context.req.valid("json");
    const purged = await context.get("changes").purge(present(policy), present(options));
    return context.json(purged, 200);
  });
  app.openapi(drain, async (context) => {
    const { worker } = context.req.valid("param");
    const { reason } = context.req.valid("json");
    const isRegistered = await context.get("changes").drainWorker(worker, reason);
    if (!isRegistered) return notFound(context, `No worker has the id ${worker}.`);
    return context.body(null, 204);
  });
  app.openapi(release, async (context) => {
    const { type, key, reason } = context.req.valid("json");
    const isKnown = await context.get("changes").releaseLimit({ type, key }, reason);
    if (!isKnown) return notFound(context, "The rate limit has no budget in use.");
    return context.body(null, 204);
  });
}
