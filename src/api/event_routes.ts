// The route of events, as Server-Sent Events.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { severityOf, type TaskEventKind } from "../events/task_event.ts";
import { jsonText } from "../monitor/json_text.ts";
import type { Clock } from "../time/clock.ts";
import type { ApiEnvironment } from "./environment.ts";
import { describeProblems, problem, problemResponses } from "./problems.ts";
import { EventSampler } from "./event_sampler.ts";
import { connectionOf } from "./guard.ts";
import { integer } from "./route_parts.ts";
import { present } from "./search_query.ts";

/** The interval of comments that keep an idle connection open, in milliseconds. */
const keepAliveMs = 15_000;

/** The maximum number of streams at a time. */
const mostStreams = 1000;

const kinds = Object.keys(severityOf) as [TaskEventKind, ...TaskEventKind[]];

const events = createRoute({
  method: "get",
  path: "/api/v1/events",
  summary: "The events of all processes of the store, as they happen",
  request: {
    query: z.strictObject({
      severity: z.enum(["Information", "Warning", "Error"]).optional(),
      kind: z.enum(kinds).optional(),
      taskType: z.string().min(1).max(500).optional(),
      payloads: z.enum(["true", "false"]).optional().openapi({
        description:
          "Whether events have `taskParameters`, which is empty otherwise; `true` by default",
      }),
      perSecond: integer(10_000).openapi({
        description: "The maximum number of events a second. Others are left out, and an event " +
          "`leftOut` has their number, at most 15 seconds later; by default, only the client's speed limits them",
      }),
    }),
  },
  responses: {
    200: {
      description: "Server-Sent Events named `task`, with a task event as JSON",
      content: { "text/event-stream": { schema: z.string() } },
    },
    ...problemResponses,
    ...describeProblems(["too-many-attempts"]),
  },
});

/** Adds the route. */
export function addEventRoutes(app: OpenAPIHono<ApiEnvironment>, clock: Clock): void {
  let streams = 0;
  app.openapi(events, (context) => {
    if (streams >= mostStreams) {
      context.header("retry-after", "60");
      return problem(context, "storage-unavailable", "Too many clients read events.") as never;
    }
    const { severity, kind, taskType, payloads, perSecond } = context.req.valid("query");
    const filter = present({
      severity,
      kinds: kind && [kind],
      types: taskType === undefined ? undefined : [taskType],
    });
    const sampler = new EventSampler(clock, perSecond ?? Infinity);
    const view = context.get("view");
    streams++;
    context.header("x-accel-buffering", "no"); // prevents nginx from buffering events
    const ended = Promise.withResolvers<void>();
    const response = streamSSE(context, async (stream) => {
      // The handler waits for the client. If the client is slow, events are lost rather than
      // buffered in memory.
      const unsubscribe = view.subscribe(
        async (event) => {
          if (!sampler.takes()) return;
          const leftOut = sampler.leftOut();
          if (leftOut > 0) await stream.writeSSE({ event: "leftOut", data: `${leftOut}` });
          await stream.writeSSE({ event: "task", data: jsonText(event) });
        },
        { ...filter, parameters: payloads !== "false" },
      );
      let isOpen = true;
      let stopTimer = () => {};
      const keepAlive = () => {
        if (!isOpen) return; // a write may settle after the end
        stopTimer = clock.setTimer(
          () => {
            const leftOut = sampler.leftOut(); // not yet reported with a later event
            const text = leftOut > 0 ? `event: leftOut\ndata: ${leftOut}\n\n` : ":\n\n";
            stream.write(text).then(keepAlive, ended.resolve);
          },
          keepAliveMs,
          { unref: true },
        );
      };
      keepAlive();
      stream.onAbort(ended.resolve);
      void completedOf(connectionOf(context))?.then(ended.resolve, ended.resolve);
      try {
        void stream.write(":\n\n"); // sends the headers; never ends if the server drops the response
        await ended.promise;
      } finally {
        isOpen = false;
        stopTimer();
        unsubscribe();
        streams--;
      }
    });
    return response as never;
  });
}

/**
 * Returns the promise that a server of Deno settles at the end of a request. If such a server ends
 * before it gets the response, it does not cancel the stream.
 */
function completedOf(connection: unknown): Promise<void> | null {
  const { completed } = Object(connection) as { readonly completed?: unknown };
  return completed instanceof Promise ? completed : null;
}
