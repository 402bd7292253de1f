// The routes by which browsers sign in and out.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ApiEnvironment } from "./environment.ts";
import { type ClientAddress, connectionOf, tooManyAttempts } from "./guard.ts";
import { isLocal } from "./local_requests.ts";
import { describeProblems, problem, problemResponses } from "./problems.ts";
import { json } from "./route_parts.ts";
import { sessionSchema } from "./schemas.ts";
import type { SignedIn, SignIn } from "./sign_in/authorize_people.ts";
import type { FailedAttempts } from "./sign_in/failed_attempts.ts";

const cookieHeader = z.object({ "Set-Cookie": z.string() });
const open = createRoute({
  method: "post",
  path: "/api/v1/session",
  summary: "Sign in with a token, and get a session cookie",
  request: {
    body: {
      required: true,
      content: { "application/json": { schema: z.strictObject({ token: z.string().max(1000) }) } },
    },
  },
  responses: {
    200: { ...json(sessionSchema, "Signed in"), headers: cookieHeader },
    ...problemResponses,
    ...describeProblems(["unsupported-media-type", "too-large"]),
  },
});

const close = createRoute({
  method: "delete",
  path: "/api/v1/session",
  summary: "Sign out: remove the session cookie",
  responses: { 204: { description: "Signed out", headers: cookieHeader }, ...problemResponses },
});

const link = createRoute({
  method: "get",
  path: "/api/v1/sign-in",
  summary: "Sign in with the code of a sign-in link, in a browser on the same machine",
  request: { query: z.strictObject({ code: z.string().max(1000) }) },
  responses: {
    303: { description: "Signed in; redirects to `/api/v1/me`", headers: cookieHeader },
    ...problemResponses,
  },
});

/** The dependencies of {@linkcode addSessionRoutes}. */
export interface SessionParts {
  readonly signIn: SignIn;
  readonly clientAddress: ClientAddress;
  readonly attempts: FailedAttempts;
}

/** Adds the routes. They need no user, and must be added before the guard. */
export function addSessionRoutes(
  app: OpenAPIHono<ApiEnvironment>,
  { signIn, clientAddress, attempts }: SessionParts,
): void {
  /** Signs in, unless the client's address has failed too often. */
  const attempt = async (context: Context, how: () => Promise<SignedIn | null>) => {
    const address = clientAddress(context.req.raw, connectionOf(context));
    const wait = attempts.secondsToWait(address);
    if (wait > 0) return tooManyAttempts(context, wait);
    attempts.add(address); // before the check, so that attempts at the same time count
    const signedIn = await how();
    if (signedIn === null) {
      const detail = "The token or the sign-in link is not valid, or the link was used before.";
      return problem(context, "not-authenticated", detail);
    }
    attempts.forgive(address);
    context.header("set-cookie", signedIn.cookie);
    return signedIn;
  };
  app.openapi(open, async (context) => {
    const { token } = context.req.valid("json");
    const { raw } = context.req;
    const result = await attempt(context, () => signIn.byToken(token, raw));
    if (result instanceof Response) return result as never;
    return context.json({ user: result.user }, 200);
  });
  app.openapi(close, (context) => {
    context.header("set-cookie", signIn.out(context.req.raw));
    return context.body(null, 204);
  });
  app.openapi(link, async (context) => {
    const { raw } = context.req;
    if (!isLocal(raw, connectionOf(context))) {
      const detail = "A sign-in link works only in a browser on the same machine.";
      return problem(context, "not-allowed", detail) as never;
    }
    const { code } = context.req.valid("query");
    const result = await attempt(context, () => signIn.byCode(code, raw));
    if (result instanceof Response) return result as never;
    return context.redirect("me", 303);
  });
}
