// The routes of the history of a task: status changes, runs and log lines.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ExecutionLogRecord } from "../storage/records.ts";
import type { Page } from "../storage/queries.ts";
import type { Dated } from "../time/dated.ts";
import type { ApiEnvironment } from "./environment.ts";
import { notFoundResponse, problemResponses, taskNotFound } from "./problems.ts";
import {
  json,
  linkHeader,
  nextLink,
  pageParameters as recordParameters,
  taskParams,
} from "./route_parts.ts";
import { logsSchema, runsSchema, transitionsSchema } from "./schemas.ts";
import { present } from "./search_query.ts";
import type { View } from "./view.ts";
import { toWire } from "./wire.ts";

/** The query parameters of a page of a task's history. */
const pageParameters = {
  ...recordParameters,
  order: z.enum(["oldest", "newest"]).optional().openapi({
    description: "Which come first; `oldest` by default",
  }),
};

const others = { ...problemResponses, ...notFoundResponse };

const transitions = createRoute({
  method: "get",
  path: "/api/v1/tasks/{id}/transitions",
  summary: "A task's audited status changes",
  request: { params: taskParams, query: z.strictObject(pageParameters) },
  responses: { 200: { ...json(transitionsSchema, "A page"), headers: linkHeader }, ...others },
});

const runs = createRoute({
  method: "get",
  path: "/api/v1/tasks/{id}/runs",
  summary: "A series' audited runs",
  request: { params: taskParams, query: z.strictObject(pageParameters) },
  responses: { 200: { ...json(runsSchema, "A page"), headers: linkHeader }, ...others },
});

const logs = createRoute({
  method: "get",
  path: "/api/v1/tasks/{id}/logs",
  summary: "The lines that a task's handler logged",
  request: {
    params: taskParams,
    query: z.strictObject({
      ...pageParameters,
      format: z.enum(["json", "text"]).optional().openapi({
        description: "`json` (the default), or `text` for all lines after `after` as a file",
      }),
    }),
  },
  responses: {
    200: {
      description: "A page, or a file",
      content: { "application/json": { schema: logsSchema }, "text/plain": { schema: z.string() } },
      headers: linkHeader,
    },
    ...others,
  },
});

/** Adds the routes. */
export function addHistoryRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(transitions, async (context) => {
    const { id } = context.req.valid("param");
    const page = await context.get("view").transitions(id, present(context.req.valid("query")));
    if (page === null) return taskNotFound(context, id);
    if (page.next !== null) context.header("link", nextLink(context.req.url, page.next));
    return context.json(toWire(page), 200);
  });
  app.openapi(runs, async (context) => {
    const { id } = context.req.valid("param");
    const page = await context.get("view").runs(id, present(context.req.valid("query")));
    if (page === null) return taskNotFound(context, id);
    if (page.next !== null) context.header("link", nextLink(context.req.url, page.next));
    return context.json(toWire(page), 200);
  });
  app.openapi(logs, async (context) => {
    const { id } = context.req.valid("param");
    const { format, ...query } = context.req.valid("query");
    const view = context.get("view");
    const page = await view.logs(id, present(query));
    if (page === null) return taskNotFound(context, id);
    if (format === "text") {
      context.header("content-type", "text/plain; charset=utf-8");
      context.header("content-disposition", 'attachment; filename="task.log"');
      // The cast is needed because the type of a stream's response is not that of the description.
      return context.body(textOf(view, id, page), 200) as never;
    }
    if (page.next !== null) context.header("link", nextLink(context.req.url, page.next));
    return context.json(toWire(page), 200);
  });
}

type LogPage = Page<Dated<ExecutionLogRecord>>;

/** Streams the lines of a page and of all later pages. Reads each page when the client is ready. */
function textOf(view: View, taskId: string, first: LogPage): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let page: LogPage | null = first;
  return new ReadableStream({
    async pull(controller) {
      if (page === null) return controller.close();
      for (const line of page.items) controller.enqueue(encoder.encode(lineOf(line)));
      const after: string | null = page.next;
      page = after === null ? null : await view.logs(taskId, { after, limit: 1000 });
      if (page === null) controller.close();
    },
  });
}

/**
 * Formats a log line. The lines of a message after the first are indented, so that a message cannot
 * imitate a log line.
 */
function lineOf({ loggedAt, level, message, exception }: Dated<ExecutionLogRecord>): string {
  const text = exception === null ? message : `${message}\n${exception}`;
  return `${loggedAt.toISOString()} ${level} ${text.replaceAll(/\r?\n|\r/g, "\n  ")}\n`;
}
