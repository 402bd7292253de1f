// The dependencies of the routes.

import type { Operate } from "../operate/operate.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { Dated } from "../time/dated.ts";
import type { ApiUser } from "./access.ts";

/** A task as an instance returns it. */
export type ApiTask = Dated<TaskRecord>;

/** The parts of an instance that the API uses. */
export interface ApiSource {
  /** The instance's view of all processes. */
  readonly operate: Operate;
  /** Returns a task, or null if it does not exist. */
  get(taskId: string): Promise<ApiTask | null>;
}

/** The data that Hono stores with a request. */
export interface ApiEnvironment {
  /** The user of the request. */
  readonly Variables: { readonly user: ApiUser };
}
