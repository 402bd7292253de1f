/**
 * A REST API over the tasks of a store: search, counts, single tasks, why one is not running,
 * queues and workers. It only reads. `/api/v1/openapi.json` describes it.
 *
 * @example
 * ```ts
 * import { createEverTask } from "@evertask/evertask";
 * import { createApi } from "@evertask/evertask/api";
 * import { memoryStorage } from "@evertask/evertask/memory";
 *
 * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
 * const api = createApi(everTask, { authorize: () => ({ user: "ada", can: ["view"] }) });
 * const answer = await api.fetch(new Request("http://localhost/api/v1/tasks?status=Failed"));
 * console.log(await answer.json()); // { items: [], next: null, incomplete: false }
 * ```
 *
 * @module
 */
export type { ApiRight, ApiUser, Authorize } from "./access.ts";
export { type Api, type ApiOptions, createApi } from "./create_api.ts";
export type { ApiSource, ApiTask } from "./environment.ts";
