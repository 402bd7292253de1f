// Middleware that determines the user of a request, and limits failed attempts.

import type { Context, MiddlewareHandler } from "hono";
import { etag } from "hono/etag";
import { type Authorize, type AuthorizedUser, userOf } from "../access/authorize.ts";
import type { Logger } from "../log/logger.ts";
import { Changes } from "./changes.ts";
import type { ApiEnvironment } from "./environment.ts";
import { isLocal, peerOf } from "./local_requests.ts";
import { problem } from "./problems.ts";
import type { FailedAttempts } from "./sign_in/failed_attempts.ts";
import type { ApiSource } from "./source.ts";
import { View } from "./view.ts";

/** The user of all requests if the application has no `authorize`. */
const localUser: AuthorizedUser = { user: "local", can: ["view", "payloads"] };

/** Returns the address of a client, for the limit of failed attempts. */
export type ClientAddress = (request: Request, connection: unknown) => string;

/** The dependencies of {@linkcode guard}. */
export interface GuardParts {
  readonly source: ApiSource;
  readonly authorize: Authorize | undefined;
  readonly clientAddress: ClientAddress;
  readonly attempts: FailedAttempts;
  readonly logger: Logger;
}

const addTag = etag();

/** Adds an ETag to JSON responses. Other responses may be streams, which must not be buffered. */
export const tags: MiddlewareHandler = async (context, next) => {
  await next();
  const type = context.res.headers.get("content-type");
  if (type?.startsWith("application/json")) await addTag(context, () => Promise.resolve());
};

/** Rejects requests whose user may not view; stores the user of all other requests. */
export function guard(parts: GuardParts): MiddlewareHandler<ApiEnvironment> {
  const { source, authorize, attempts, logger } = parts;
  return async (context, next) => {
    const { raw } = context.req;
    if (authorize === undefined && !isLocal(raw, connectionOf(context))) {
      const detail =
        "Without the option authorize, this API accepts only requests from this machine.";
      return problem(context, "not-allowed", detail);
    }
    // A signed cookie cannot be guessed, so browsers with a session are not limited.
    const isAttempt = authorize !== undefined && raw.headers.has("authorization");
    const address = isAttempt ? parts.clientAddress(raw, connectionOf(context)) : "";
    const wait = isAttempt ? attempts.secondsToWait(address) : 0;
    if (wait > 0) return tooManyAttempts(context, wait);
    let user: AuthorizedUser | null;
    try {
      user = authorize === undefined ? localUser : await userOf(authorize, raw);
    } catch (error) {
      logger.error("The API could not determine the user of a request: {error}", { error });
      return problem(context, "internal-error", "The user of the request could not be determined.");
    }
    if (user === null) {
      if (isAttempt) attempts.add(address);
      context.header("www-authenticate", "Bearer");
      return problem(context, "not-authenticated", "The request has no known user.");
    }
    if (!user.can.includes("view")) {
      return problem(context, "not-allowed", "You may not see the tasks of this store.");
    }
    context.set("user", user);
    context.set("view", new View(source, user));
    context.set("changes", new Changes(source, user));
    return await next();
  };
}

/** Responds that an address has failed too often. */
export function tooManyAttempts(context: Context, seconds: number) {
  context.header("retry-after", `${seconds}`);
  return problem(context, "too-many-attempts", `Try again in ${seconds} seconds.`);
}

/** Returns the server's data about the connection of a request. */
export function connectionOf(context: Context): unknown {
  return (context.env as { readonly connection: unknown }).connection;
}

/** Returns the address of the connection's peer, which may be a proxy. */
export const peerAddress: ClientAddress = (_, connection) => peerOf(connection) ?? "unknown";
