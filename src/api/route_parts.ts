// The common parts of the descriptions of routes.

import { z } from "@hono/zod-openapi";

/** The path parameter of a task. */
export const taskParams = z.object({ id: z.string().openapi({ description: "The task's id" }) });

/** A parameter that is true or false. */
export const flag = z.enum(["true", "false"]).transform((value) => value === "true").optional();

/** Returns the schema of an integer from 1 to a maximum, in a query. */
export function integer(most: number) {
  return z.coerce.number().int().min(1).max(most).optional();
}

/** The query parameter for the size of a page. */
export const limitParameter = integer(1000).openapi({
  description: "The maximum number of items; 50 by default",
});

/** The query parameters of a page of records of a task. */
export const pageParameters = {
  limit: limitParameter,
  after: z.string().regex(/^\d{1,15}$/).optional().openapi({
    description: "The `next` of the previous page",
  }),
};

/** Describes a JSON response. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** The header of a page that is not the last one. */
export const linkHeader = z.object({
  Link: z.string().optional().openapi({ description: "The next page (RFC 8288)" }),
});

/**
 * Returns the value of the `Link` header of a page. The URL is relative, because a proxy may change
 * the origin and the beginning of the path.
 */
export function nextLink(url: string, next: string): string {
  const { searchParams } = new URL(url);
  searchParams.set("after", next);
  return `<?${searchParams}>; rel="next"`;
}
