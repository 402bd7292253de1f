// Middleware for all requests: authorization, headers and entity tags.

import type { MiddlewareHandler } from "hono";
import { etag } from "hono/etag";
import { type Authorize, type AuthorizedUser, userOf } from "../access/authorize.ts";
import type { Logger } from "../log/logger.ts";
import type { ApiEnvironment } from "./environment.ts";
import type { ApiSource } from "./source.ts";
import { isLocal } from "./local_requests.ts";
import { problem } from "./problems.ts";
import { View } from "./view.ts";

/** The user of all requests if the application has no `authorize`. */
const localUser: AuthorizedUser = { user: "local", can: ["view", "payloads"] };

/** Sets the headers of all responses. */
export const headers: MiddlewareHandler = async (context, next) => {
  await next();
  context.header("cache-control", "no-store");
  context.header("x-content-type-options", "nosniff");
};

const addTag = etag();

/** Adds an ETag to JSON responses. Other responses may be streams, which must not be buffered. */
export const tags: MiddlewareHandler = async (context, next) => {
  await next();
  const type = context.res.headers.get("content-type");
  if (type?.startsWith("application/json")) await addTag(context, () => Promise.resolve());
};

/** Rejects requests without the right to view, and stores the user of the others. */
export function guard(
  source: ApiSource,
  authorize: Authorize | undefined,
  logger: Logger,
): MiddlewareHandler<ApiEnvironment> {
  return async (context, next) => {
    const { raw } = context.req;
    if (authorize === undefined && !isLocal(raw, (context.env as Bindings).connection)) {
      const detail =
        "Without the option authorize, this API accepts only requests from this machine.";
      return problem(context, "not-allowed", detail);
    }
    let user: AuthorizedUser | null;
    try {
      user = authorize === undefined ? localUser : await userOf(authorize, raw);
    } catch (error) {
      logger.error("The API could not determine the user of a request: {error}", { error });
      return problem(context, "internal-error", "The user of the request could not be determined.");
    }
    if (user === null) {
      return problem(context, "not-authenticated", "The request has no known user.");
    }
    if (!user.can.includes("view")) {
      return problem(context, "not-allowed", "You may not see the tasks of this store.");
    }
    context.set("user", user);
    context.set("view", new View(source, user));
    return await next();
  };
}

interface Bindings {
  readonly connection: unknown;
}
