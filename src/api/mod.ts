/**
 * A REST API for the tasks, series, queues and workers of a store. It searches and counts tasks,
 * returns their history and logs, and explains why a task is not running. Users with the right
 * `operate` may also dispatch and change tasks. `/api/v1/openapi.json` describes the API.
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
export type {
  Authorize,
  AuthorizedUser,
  Redact,
  TextSource,
  UserRight,
} from "../access/authorize.ts";
export type { TaskScope } from "../access/task_scope.ts";
export { type Api, type ApiOptions, createApi } from "./create_api.ts";
export type { ClientAddress } from "./guard.ts";
export {
  type AuthorizePeople,
  authorizePeople,
  type AuthorizePeopleOptions,
  type SignedIn,
  type SignIn,
} from "./sign_in/authorize_people.ts";
export type { Person } from "./sign_in/people.ts";
export type { ApiSource, ApiTask, StoreSource } from "./source.ts";
