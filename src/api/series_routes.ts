// The routes of recurring series.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ApiEnvironment } from "./environment.ts";
import { notFound, notFoundResponse, problemResponses } from "./problems.ts";
import { integer, json, limitParameter, linkHeader, nextLink, taskParams } from "./route_parts.ts";
import { nextRunsSchema, seriesPageSchema } from "./schemas.ts";
import { present } from "./search_query.ts";
import type { SeenTask } from "./view.ts";
import { toWire } from "./wire.ts";

const list = createRoute({
  method: "get",
  path: "/api/v1/series",
  summary: "List recurring series, newest first",
  request: { query: z.strictObject({ limit: limitParameter, after: z.uuid().optional() }) },
  responses: {
    200: { ...json(seriesPageSchema, "A page of series"), headers: linkHeader },
    ...problemResponses,
  },
});

const next = createRoute({
  method: "get",
  path: "/api/v1/series/{id}/next",
  summary: "The next runs of a series, the planned one first",
  request: {
    params: taskParams,
    query: z.strictObject({
      count: integer(100).openapi({ description: "The maximum number of runs; 10 by default" }),
    }),
  },
  responses: {
    200: json(nextRunsSchema, "At most `count` runs"),
    ...problemResponses,
    ...notFoundResponse,
  },
});

/** Adds the routes. */
export function addSeriesRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(list, async (context) => {
    const request = present(context.req.valid("query"));
    const { items, next, incomplete } = await context.get("view").search(
      { recurring: true },
      request,
    );
    if (next !== null) context.header("link", nextLink(context.req.url, next));
    return context.json({ items: toWire(items.flatMap(toSeries)), next, incomplete }, 200);
  });
  app.openapi(next, async (context) => {
    const { id } = context.req.valid("param");
    const { count = 10 } = context.req.valid("query");
    const runs = await context.get("view").nextRuns(id, count);
    if (runs === undefined) return notFound(context, `No series has the id ${id}.`);
    return context.json({ runs: runs === null ? null : toWire(runs) }, 200);
  });
}

/** Returns the properties of a series that a list shows; an empty array for a one-shot task. */
function toSeries({ id, type, taskKey, queue, status, lastExecutionAt, series }: SeenTask) {
  if (series === null) return [];
  const { info, nextRunAt, runUntil, runCount, maxRuns } = series;
  const lastRunAt = lastExecutionAt;
  return [{
    ...{ id, type, taskKey, queue, status, info },
    ...{ nextRunAt, lastRunAt, runUntil, runCount, maxRuns },
  }];
}
