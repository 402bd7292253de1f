// Middleware against requests that other websites make a browser send (CSRF), and against large
// bodies.

import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import type { Origins } from "../monitor/http/origins.ts";
import { problem } from "./problems.ts";

const secure = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: "DENY",
  strictTransportSecurity: false, // the application decides for its whole host
});

/** Sets the headers of all responses. */
export const headers: MiddlewareHandler = async (context, next) => {
  await secure(context, next);
  context.header("cache-control", "no-store");
};

const safeMethods = ["GET", "HEAD", "OPTIONS"];

/**
 * Rejects requests of pages of other origins, and changes that a page could send without a
 * preflight request. Hono's `csrf` does not suffice: it accepts requests without headers that show
 * their origin. It also compares the scheme, which differs behind a proxy that terminates TLS.
 */
export function sameOrigin(origins: Origins): MiddlewareHandler {
  return async (context, next) => {
    const { raw, method } = context.req;
    const isForeign = raw.headers.get("sec-fetch-site") === "cross-site";
    if (!origins.allows(raw) || isForeign && !safeMethods.includes(method)) {
      return problem(context, "not-allowed", "Pages of other origins have no access.");
    }
    if (!safeMethods.includes(method) && !isJson(context)) {
      const detail = "Send the header content-type: application/json.";
      return problem(context, "unsupported-media-type", detail);
    }
    return await next();
  };
}

/** Reports whether a request has a JSON body, or is a DELETE without one. */
function isJson({ req }: Context): boolean {
  const type = req.header("content-type");
  if (type === undefined) return req.method === "DELETE";
  return /^application\/(json|merge-patch\+json)\s*(;|$)/i.test(type);
}

/** The maximum size of a body in bytes. */
const maxSize = 1_048_576;

/** Rejects large bodies. */
export const limitBody: MiddlewareHandler = bodyLimit({
  maxSize,
  onError: (context) => problem(context, "too-large", `A body has at most ${maxSize} bytes.`),
});
