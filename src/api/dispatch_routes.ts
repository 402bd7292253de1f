// The route that dispatches tasks.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { bodyProblems, schedule, toRecurring } from "./change_parts.ts";
import { editFields } from "./change_routes.ts";
import type { ApiEnvironment } from "./environment.ts";
import { describeProblems, problem, problemResponses } from "./problems.ts";
import { json } from "./route_parts.ts";
import { dispatchedSchema } from "./schemas.ts";
import { present } from "./search_query.ts";

const dispatch = createRoute({
  method: "post",
  path: "/api/v1/tasks",
  summary: "Dispatch a task of a type that the server has",
  request: {
    headers: z.object({
      "idempotency-key": z.string().min(1).max(100).optional().openapi({
        description: "A repeated request with this key stores no second task while the first has " +
          "not ended",
      }),
    }),
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({
            ...editFields,
            type: z.string().min(1).max(500),
            payload: z.unknown().optional().openapi({
              description: "Checked by the task's validator",
            }),
            key: z.string().min(1).max(200).optional(),
            tags: z.array(z.string().min(1).max(100)).max(20).optional(),
            schedule: schedule.optional().openapi({
              description: "A cron expression, or a recurrence: the task is a series, without " +
                "`at` and `delayMs`. Give it a key, so that a repeated request does not store " +
                "another series",
            }),
          }),
        },
      },
    },
  },
  responses: {
    201: json(dispatchedSchema, "Stored"),
    200: json(
      dispatchedSchema,
      "A task with this key was stored before; `outcome` tells whether it was updated",
    ),
    ...problemResponses,
    ...bodyProblems,
    ...describeProblems(["conflict"]),
  },
});

/** Adds the route. */
export function addDispatchRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(dispatch, async (context) => {
    const { type, payload, key, delayMs, schedule, ...options } = context.req.valid("json");
    const { "idempotency-key": idempotencyKey } = context.req.valid("header");
    if (key !== undefined && idempotencyKey !== undefined) {
      const detail = "Send either key or the header Idempotency-Key.";
      return problem(context, "invalid-request", detail) as never;
    }
    const dispatched = await context.get("changes").dispatch({
      type,
      payload,
      options: present({
        ...options,
        delay: delayMs,
        taskKey: key,
        recurring: schedule === undefined ? undefined : toRecurring(schedule),
      }),
      ...idempotencyKey === undefined ? {} : { idempotencyKey },
    });
    if ("unknown" in dispatched) {
      const { unknown, name } = dispatched;
      const detail = unknown === "type"
        ? `This server does not have the task "${name}", and cannot check its payload.`
        : `This server does not have the queue "${name}". Add it to the queues of its ` +
          "createEverTask, or correct the name.";
      return problem(context, "conflict", detail, { reason: `${unknown}Unknown` }) as never;
    }
    const { id, outcome } = dispatched;
    return context.json({ id, outcome }, outcome === "created" ? 201 : 200);
  });
}
