// The data that Hono keeps for a request.

import type { AuthorizedUser } from "../access/authorize.ts";
import type { View } from "./view.ts";

/** The data that Hono stores with a request. */
export interface ApiEnvironment {
  /** The user of the request, and what the user sees. */
  readonly Variables: { readonly user: AuthorizedUser; readonly view: View };
}
