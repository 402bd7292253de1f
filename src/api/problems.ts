// Errors in the form of RFC 9457: a stable type, a title, and the detail.

import type { Context } from "hono";
import { z } from "@hono/zod-openapi";

/** The kinds of problems: the last part of the type, the status and the title. */
const problems = {
  "invalid-request": [400, "The request is invalid"],
  "not-authenticated": [401, "Authentication is required"],
  "not-allowed": [403, "The request is not permitted"],
  "not-found": [404, "Not found"],
  "method-not-allowed": [405, "The method is not allowed"],
  "conflict": [409, "The change does not apply"],
  "precondition-failed": [412, "The task has changed"],
  "precondition-required": [428, "The header If-Match is missing"],
  "too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The media type is not supported"],
  "too-many-attempts": [429, "Too many failed attempts"],
  "internal-error": [500, "Internal error"],
  "storage-unavailable": [503, "The storage is unavailable"],
} as const;

/** A kind of problem. */
export type ProblemKind = keyof typeof problems;

/** One invalid parameter of a request. */
export interface ProblemError {
  /** The parameter's name. */
  readonly name: string;
  /** The reason why it is invalid. */
  readonly detail: string;
  /** The invalid part of the parameter's value, as a JSON pointer (RFC 6901). */
  readonly pointer?: string;
}

/** The schema of the body of a problem. */
export const problemSchema = z.object({
  type: z.string().openapi({ description: "The kind of problem; stable across versions" }),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  reason: z.string().optional().openapi({ description: "Why a change does not apply" }),
  errors: z.array(z.object({
    name: z.string(),
    detail: z.string(),
    pointer: z.string().optional().openapi({
      description: "The invalid part of a payload, as a JSON pointer (RFC 6901)",
    }),
  })).optional(),
}).openapi("Problem");

/** Responds with a problem. */
export function problem(
  context: Context,
  kind: ProblemKind,
  detail: string,
  more: { readonly errors?: readonly ProblemError[]; readonly reason?: string } = {},
) {
  const [status, title] = problems[kind];
  const type = `urn:evertask:problem:${kind}`;
  const body = { type, title, status, detail, ...more };
  return context.body(JSON.stringify(body), status, { "content-type": "application/problem+json" });
}

/** Responds that the user sees no such task. */
export function taskNotFound(context: Context, id: string): never {
  return notFound(context, `No task has the id ${id}.`);
}

/** Responds that something does not exist. */
export function notFound(context: Context, detail: string): never {
  // The cast is needed because the type of the result of `problem` is general. The description of
  // each route has the exact type.
  return problem(context, "not-found", detail) as never;
}

/** The problem responses of every route, for its description. */
export const problemResponses = describeProblems([
  "invalid-request",
  "not-authenticated",
  "not-allowed",
  "too-many-attempts",
  "internal-error",
  "storage-unavailable",
]);

/** The problem response of a route whose task may not exist, for its description. */
export const notFoundResponse = describeProblems(["not-found"]);

/** Describes problem responses, for a route. */
export function describeProblems(kinds: readonly ProblemKind[]) {
  return Object.fromEntries(kinds.map((kind) => {
    const [status, title] = problems[kind];
    const content = { "application/problem+json": { schema: problemSchema } };
    return [status, { description: title, content }];
  }));
}
