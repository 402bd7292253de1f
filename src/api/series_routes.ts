// The routes of recurring series.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { InvalidArgumentError } from "../guards/errors.ts";
import { parseRecurrence, type Recurrence } from "../schedule/recurrence.ts";
import type { ApiEnvironment } from "./environment.ts";
import { notFound, notFoundResponse, problemResponses } from "./problems.ts";
import { integer, json, limitParameter, linkHeader, nextLink, taskParams } from "./route_parts.ts";
import { nextRunsSchema, schedulePreviewSchema, seriesPageSchema } from "./schemas.ts";
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

const preview = createRoute({
  method: "get",
  path: "/api/v1/series/preview",
  summary: "The sentence and the first runs of a schedule, if it began now",
  request: {
    query: z.strictObject({
      schedule: z.string().min(1).max(10_000).openapi({
        description: "A cron expression, or a recurrence as JSON",
      }),
      count: integer(100).openapi({ description: "The maximum number of runs; 10 by default" }),
    }),
  },
  responses: { 200: json(schedulePreviewSchema, "At most `count` runs"), ...problemResponses },
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
  app.openapi(preview, async (context) => {
    const { schedule, count = 10 } = context.req.valid("query");
    const { info, runs } = await context.get("view").preview(parseSchedule(schedule), count);
    return context.json({ info, runs: toWire(runs) }, 200);
  });
}

/**
 * Parses a recurrence in the query. Returns any other text unchanged, as a cron expression.
 *
 * @throws {InvalidScheduleError} If the text is JSON, but not a recurrence.
 * @throws {InvalidArgumentError} If the text begins with `{`, but is not JSON.
 */
function parseSchedule(text: string): string | Recurrence {
  if (!text.trimStart().startsWith("{")) return text;
  try {
    return parseRecurrence(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidArgumentError("schedule", text, "be a cron expression or JSON");
  }
}

/** Returns the properties of a series that a list shows; an empty array for a one-shot task. */
function toSeries({ id, type, taskKey, queue, status, lastExecutionAt, series }: SeenTask) {
  if (series === null) return [];
  const { info, nextRunAt, runUntil, runCount, maxRuns, paused = false } = series;
  const lastRunAt = lastExecutionAt;
  return [{
    ...{ id, type, taskKey, queue, status, info, paused },
    ...{ nextRunAt, lastRunAt, runUntil, runCount, maxRuns },
  }];
}
