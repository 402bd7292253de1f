// What the routes work with.

import type { Operate } from "../operate/operate.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { Dated } from "../time/dated.ts";
import type { ApiUser } from "./access.ts";

/** A task as an instance gives it. */
export type ApiTask = Dated<TaskRecord>;

/** What of an instance the API shows. */
export interface ApiSource {
  /** Its view of all processes. */
  readonly operate: Operate;
  /** A task, or null. */
  get(taskId: string): Promise<ApiTask | null>;
}

/** What Hono keeps with a request. */
export interface ApiEnvironment {
  /** Who asks. */
  readonly Variables: { readonly user: ApiUser };
}
