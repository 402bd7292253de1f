// Handlers of GET and HEAD requests on fixed paths, optionally with a token.

import { type AccessCheck, unauthorized } from "./access_token.ts";
import { responseTo } from "./head_response.ts";
import { requestUrl } from "./host.ts";

/** The functions that create the response for each path. */
export type GetRoutes = Readonly<Record<string, () => Promise<Response>>>;

/**
 * Creates a handler. The handler responds 404 for other paths, 405 for other methods, 401 if
 * `mayPass` returns false, and 400 if the Host header is invalid.
 */
export function getHandler(
  routes: GetRoutes,
  mayPass: AccessCheck,
): (request: Request) => Promise<Response> {
  return async (request) => responseTo(request, await respond(request));

  async function respond(request: Request): Promise<Response> {
    const url = requestUrl(request);
    if (url === null) return new Response("The Host header is not a host.", { status: 400 });
    const { pathname } = url;
    const answer = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
    if (!answer) return new Response("There is nothing here.", { status: 404 });
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Method not allowed.", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    if (!await mayPass(request)) return unauthorized();
    return await answer();
  }
}
