// The data that Hono keeps for a request.

import type { AuthorizedUser } from "../access/authorize.ts";
import type { Changes } from "./changes.ts";
import type { View } from "./view.ts";

/** The data that Hono stores with a request. */
export interface ApiEnvironment {
  /** The user of the request, what the user sees, and what the user may change. */
  readonly Variables: {
    readonly user: AuthorizedUser;
    readonly view: View;
    readonly changes: Changes;
  };
}
