// createDashboard: combines the page, its assets, and the REST API below it.

import { type Api, type ApiOptions, createApi } from "../api/create_api.ts";
import type { ApiSource } from "../api/source.ts";
import { responseTo } from "../monitor/http/head_response.ts";
import { cleanPath } from "../monitor/http/url_path.ts";
import { assetResponse } from "./assets.ts";
import { pageResponse } from "./page.ts";

/** Options of {@linkcode createDashboard}: those of the API that it mounts. */
export type DashboardOptions = ApiOptions;

/** The dashboard of an instance. */
export interface Dashboard {
  /**
   * Handles a request whose path begins with the path of the mount. Can be passed to `Deno.serve`
   * and other servers that take Fetch handlers. Never rejects.
   *
   * @param connection The server's data about the connection; see {@linkcode ApiOptions.authorize}.
   */
  readonly fetch: (request: Request, connection?: unknown) => Promise<Response>;
}

/**
 * Creates a dashboard: pages that show the tasks, queues and workers of a store, and the REST API
 * that they read, which is mounted at `api/v1/` below the same path.
 *
 * @example
 * ```ts
 * import { createEverTask } from "@evertask/evertask";
 * import { createDashboard } from "@evertask/evertask/dashboard";
 * import { memoryStorage } from "@evertask/evertask/memory";
 *
 * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
 * const dashboard = createDashboard(everTask, { path: "/dashboard" });
 * const server = Deno.serve({ port: 0, onListen() {} }, dashboard.fetch);
 * const page = await fetch(`http://localhost:${server.addr.port}/dashboard/`);
 * console.log(page.headers.get("content-type")); // text/html; charset=utf-8
 * await page.body?.cancel();
 * await server.shutdown();
 * ```
 *
 * @param everTask The instance; it need not be started.
 * @throws {InvalidArgumentError} If an option is invalid.
 */
export function createDashboard(everTask: ApiSource, options: DashboardOptions = {}): Dashboard {
  const api: Api = createApi(everTask, options);
  const prefix = cleanPath(options.path ?? "/");
  return {
    async fetch(request, connection) {
      const { pathname } = new URL(request.url);
      const path = pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length + 1) : null;
      if (path?.startsWith("api/")) return toPage(path, await api.fetch(request, connection));
      if (path === null || request.method !== "GET" && request.method !== "HEAD") {
        return await api.fetch(request, connection); // responds with a problem
      }
      return responseTo(request, assetResponse(path) ?? pageResponse(path));
    },
  };
}

/** Redirects a used sign-in link to the start page. The API alone redirects to the user's route. */
function toPage(path: string, response: Response): Response {
  if (path === "api/v1/sign-in" && response.status === 303) {
    response.headers.set("location", "../../");
  }
  return response;
}
