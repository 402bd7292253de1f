// Checks that a user may search by a filter. Searching by a hidden text would reveal it one
// character at a time.

import type { AuthorizedUser } from "../access/authorize.ts";
import type { TaskFilter } from "../storage/queries.ts";
import { NotAllowedError } from "./not_allowed.ts";

/**
 * Checks the filter of a search or a bulk change.
 *
 * @throws {NotAllowedError} If it is for a text that the user does not see.
 */
export function checkSearch({ can, redact }: AuthorizedUser, filter: TaskFilter): void {
  if (filter.exceptionContains !== undefined && redact !== undefined) {
    throw new NotAllowedError(
      "You may not search by the text of errors, because it is redacted for you.",
    );
  }
  if (filter.payload === undefined) return;
  if (!can.includes("payloads")) {
    throw new NotAllowedError('Searching by payload needs the right "payloads".');
  }
  if (redact !== undefined) {
    throw new NotAllowedError("You may not search by payload, because it is redacted for you.");
  }
}
