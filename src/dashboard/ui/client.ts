// Requests to the REST API, which is mounted below the dashboard.

import type { z } from "@hono/zod-openapi";
import type { problemSchema } from "../../api/problems.ts";
import { base } from "./router.ts";

type ProblemBody = z.infer<typeof problemSchema>;

/** The error for a response that is not a success. */
export class ProblemError extends Error {
  readonly status: number;
  readonly title: string;
  /** The invalid parameters of the request. */
  readonly errors: NonNullable<ProblemBody["errors"]>;

  constructor({ status, title, detail, errors = [] }: ProblemBody) {
    super(detail);
    this.status = status;
    this.title = title;
    this.errors = errors;
  }
}

/** Returns the URL of a route, such as `tasks?status=Failed`. */
export function routeUrl(route: string): string {
  return new URL(`api/v1/${route}`, base).href;
}

/**
 * Reads a route.
 *
 * @throws {ProblemError} If the response is not a success.
 */
export function read<T>(route: string, signal?: AbortSignal): Promise<T> {
  return request<T>(route, { ...signal && { signal } });
}

/**
 * Sends JSON to a route.
 *
 * @param headers Further headers, such as `if-match`.
 * @throws {ProblemError} If the response is not a success.
 */
export function send<T>(
  method: string,
  route: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  return request<T>(route, {
    method,
    headers: { ...body !== undefined && { "content-type": "application/json" }, ...headers },
    ...body !== undefined && { body: JSON.stringify(body) },
  });
}

async function request<T>(route: string, init: RequestInit): Promise<T> {
  const response = await fetch(routeUrl(route), init);
  const content = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new ProblemError(content);
  return content as T;
}
