// The routes that summarize the whole store.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ApiEnvironment } from "./environment.ts";
import { problemResponses } from "./problems.ts";
import { flag, integer, json } from "./route_parts.ts";
import {
  auditGrowthSchema,
  queuesSchema,
  retentionPreviewSchema,
  statisticsSchema,
  workersSchema,
} from "./schemas.ts";
import { present } from "./search_query.ts";
import { toWire } from "./wire.ts";

const queues = createRoute({
  method: "get",
  path: "/api/v1/queues",
  summary: "The waiting tasks and the workers of each queue",
  responses: { 200: json(queuesSchema, "By name"), ...problemResponses },
});

const workers = createRoute({
  method: "get",
  path: "/api/v1/workers",
  summary: "The registered workers, oldest first",
  responses: { 200: json(workersSchema, "All"), ...problemResponses },
});

const statistics = createRoute({
  method: "get",
  path: "/api/v1/statistics",
  summary: "Counts by status and queue; many ended tasks are estimated",
  request: { query: z.strictObject({ exact: flag }) },
  responses: { 200: json(statisticsSchema, "The counts"), ...problemResponses },
});

const growth = createRoute({
  method: "get",
  path: "/api/v1/audit/growth",
  summary: "The size and growth of the audit tables and the execution log; large ones estimated",
  request: { query: z.strictObject({ exact: flag }) },
  responses: { 200: json(auditGrowthSchema, "By table"), ...problemResponses },
});

/** A number of days that every store can subtract from the present. */
const days = z.coerce.number().positive().max(365_000).optional();

const preview = createRoute({
  method: "get",
  path: "/api/v1/audit/preview",
  summary: "How many rows a retention policy would delete; reads the tables whole",
  request: {
    query: z.strictObject({
      statusAuditDays: days,
      runsAuditDays: days,
      errorAuditDays: days,
      executionLogDays: days,
      operatorActionDays: days,
      maxExecutionLogsPerTask: integer(2_147_483_647),
      deleteCompletedTasksAfterRetention: flag,
    }),
  },
  responses: { 200: json(retentionPreviewSchema, "The counts"), ...problemResponses },
});

/** Adds the routes. */
export function addStoreRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(queues, async (context) => {
    const { operate } = context.get("view").store;
    return context.json({ items: toWire(await operate.queues()) }, 200);
  });
  app.openapi(workers, async (context) => {
    const { operate } = context.get("view").store;
    return context.json({ items: toWire(await operate.workers()) }, 200);
  });
  app.openapi(
    statistics,
    async (context) => {
      const { store } = context.get("view");
      const { exact = false } = context.req.valid("query");
      return context.json(toWire(await store.statistics({ exact })), 200);
    },
  );
  app.openapi(growth, async (context) => {
    const { audit } = context.get("view").store;
    const { exact = false } = context.req.valid("query");
    return context.json({ items: toWire(await audit.growth({ exact })) }, 200);
  });
  app.openapi(preview, async (context) => {
    const { audit } = context.get("view").store;
    const policy = present(context.req.valid("query"));
    const { done: _, busy: _busy, ...rows } = await audit.purge(policy, { dryRun: true });
    return context.json(rows, 200);
  });
}
