// The common parts of the routes that change a task: the expected version, and the response to a
// change.

import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { OperationResult } from "../operate/refusal.ts";
import { parseRecurrence, type Recurrence } from "../schedule/recurrence.ts";
import type { Seen } from "./changes.ts";
import { describeProblems, notFoundResponse, problem, problemResponses } from "./problems.ts";
import { json, taskParams } from "./route_parts.ts";
import { appliedSchema } from "./schemas.ts";

/** The reason of a change. */
export const reason = z.string().trim().min(1).max(4000).openapi({
  description: "The reason, for the list of actions",
});

/** A schedule: a cron expression, or a recurrence as JSON. */
export const schedule = z.union([
  z.string().min(1).max(1000),
  z.looseObject({ kind: z.string() }),
]).openapi({ description: "A cron expression, or a recurrence" });

/**
 * Converts the schedule of a request to the form that the instance's methods take.
 *
 * @throws {InvalidScheduleError} If it is a recurrence with an invalid member. Cron expressions
 * are checked later, by the instance's methods.
 */
export function toRecurring(given: z.infer<typeof schedule>): string | Recurrence {
  return typeof given === "string" ? given : parseRecurrence(given);
}

/** The problem responses of routes with a body. */
export const bodyProblems = describeProblems(["too-large", "unsupported-media-type"]);

const ifMatch = z.object({
  "if-match": z.string().max(1000).optional().openapi({
    description: "Required: the ETag of the task that you have seen",
  }),
});

/** Describes a route that changes one task. */
export function changeRoute<
  Method extends "post" | "patch" | "delete",
  Path extends string,
  Body extends z.ZodType,
>(method: Method, path: Path, summary: string, body: Body) {
  return createRoute({
    method,
    path,
    summary,
    request: {
      params: taskParams,
      headers: ifMatch,
      body: { required: true, content: { "application/json": { schema: body } } },
    },
    responses: {
      200: json(appliedSchema, "Changed"),
      ...problemResponses,
      ...notFoundResponse,
      ...bodyProblems,
      ...describeProblems(["conflict", "precondition-failed", "precondition-required"]),
    },
  });
}

/** Applies a change to the version in the request, and responds with the result. */
export async function respondToChange(
  context: Context,
  taskId: string,
  given: string | undefined,
  why: string | undefined,
  change: (seen: Seen) => Promise<OperationResult | null>,
) {
  if (given === undefined || given === "*") {
    const detail = "Send the task's ETag, as you have seen it, in the header If-Match.";
    return problem(context, "precondition-required", detail) as never;
  }
  // A weak or otherwise malformed tag matches no version.
  const version = /^"([^"]*)"$/.exec(given.trim())?.[1] ?? "";
  const result = await change({ version, ...why === undefined ? {} : { reason: why } });
  if (result === null) {
    return problem(context, "not-found", `No task has the id ${taskId}.`) as never;
  }
  if (result.applied) return context.json({ actionId: result.actionId }, 200);
  const kind = result.reason === "changed"
    ? "precondition-failed"
    : result.reason === "notStored"
    ? "not-found"
    : "conflict";
  return problem(context, kind, result.sentence, { reason: result.reason }) as never;
}
