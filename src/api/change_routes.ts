// The routes that change single tasks and series.

import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { changeRoute, reason, respondToChange, schedule, toRecurring } from "./change_parts.ts";
import type { OperationResult } from "../operate/refusal.ts";
import type { Changes, Seen, TaskChange } from "./changes.ts";
import type { ApiEnvironment } from "./environment.ts";
import { present } from "./search_query.ts";

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** The fields that an edit of one or many tasks may change. */
export const editFields = {
  queue: z.string().min(1).max(200).optional(),
  priority: z.int().min(-32_768).max(32_767).optional(),
  at: instant.optional().openapi({ type: "string", format: "date-time" }),
  delayMs: z.int().min(0).optional().openapi({
    description: "The delay from now, instead of `at`",
  }),
};

const newPayload = z.unknown().optional().openapi({
  description: "Checked by the task's validator; rejected if the server does not define the type",
});
const optionalReason = z.strictObject({ reason: reason.optional() });
const requiredReason = z.strictObject({ reason });

const edit = changeRoute(
  "patch",
  "/api/v1/tasks/{id}",
  "Change the payload, queue, priority or due instant of a waiting task",
  z.strictObject({
    ...editFields,
    payload: newPayload,
    reason: reason.optional(),
  }),
);
const remove = changeRoute(
  "delete",
  "/api/v1/tasks/{id}",
  "Delete a task that no worker holds, with its history",
  requiredReason,
);
const retry = changeRoute(
  "post",
  "/api/v1/tasks/{id}/retry",
  "Run an ended task again from the start, with another payload if the request has one",
  z.strictObject({ payload: newPayload, reason: reason.optional() }),
);
const run = changeRoute(
  "post",
  "/api/v1/tasks/{id}/run",
  "Make a task due now; a series gets an extra run",
  optionalReason,
);
const cancel = changeRoute(
  "post",
  "/api/v1/tasks/{id}/cancel",
  "Cancel a task; a series ends",
  requiredReason,
);
const pause = changeRoute("post", "/api/v1/series/{id}/pause", "Pause a series", requiredReason);
const resume = changeRoute("post", "/api/v1/series/{id}/resume", "Resume a series", optionalReason);
const reschedule = changeRoute(
  "patch",
  "/api/v1/series/{id}",
  "Give a series another schedule",
  z.strictObject({ schedule, reason }),
);

/** The validated input of a route that changes one task. */
interface ChangeInput {
  out: {
    param: { id: string };
    header: { "if-match"?: string | undefined };
    json: { reason?: string | undefined };
  };
}

/** Adds the routes. */
export function addChangeRoutes(app: OpenAPIHono<ApiEnvironment>): void {
  const apply = <Path extends string>(
    context: Context<ApiEnvironment, Path, ChangeInput>,
    change: (changes: Changes, id: string, seen: Seen) => Promise<OperationResult | null>,
  ) => {
    const { id } = context.req.valid("param");
    const version = context.req.valid("header")["if-match"];
    const { reason } = context.req.valid("json");
    const changes = context.get("changes");
    return respondToChange(context, id, version, reason, (seen) => change(changes, id, seen));
  };
  const respond = <Path extends string>(
    context: Context<ApiEnvironment, Path, ChangeInput>,
    change: TaskChange,
  ) => apply(context, (changes, id, seen) => changes.task(id, seen, change));
  app.openapi(edit, (context) => {
    const { reason: _, delayMs, ...fields } = context.req.valid("json");
    const change = present({ ...fields, delay: delayMs });
    return apply(context, (changes, id, seen) => changes.edit(id, change, seen));
  });
  app.openapi(
    remove,
    (context) => respond(context, ({ tasks }, id, by) => tasks.delete(id, by)),
  );
  app.openapi(retry, (context) => {
    const { reason: _, ...payload } = context.req.valid("json");
    return apply(context, (changes, id, seen) => changes.retry(id, payload, seen));
  });
  app.openapi(
    run,
    (context) => respond(context, ({ tasks }, id, by) => tasks.runNow(id, by)),
  );
  app.openapi(
    cancel,
    (context) => respond(context, ({ tasks }, id, by) => tasks.cancel(id, by)),
  );
  app.openapi(
    pause,
    (context) => respond(context, ({ series }, id, by) => series.pause(id, by)),
  );
  app.openapi(
    resume,
    (context) => respond(context, ({ series }, id, by) => series.resume(id, by)),
  );
  app.openapi(reschedule, (context) => {
    const input = toRecurring(context.req.valid("json").schedule);
    return respond(context, ({ series }, id, by) => series.edit(id, input, by));
  });
}
