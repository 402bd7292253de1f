// Errors of the command line.

import { EverTaskError } from "../../guards/errors.ts";

/** The command was called wrongly. The exit code is 2. */
export class UsageError extends EverTaskError {
  /** `UsageError` */
  override name = "UsageError";
}
