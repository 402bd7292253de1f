// Opens the maintenance of the database of a target.

import type { Maintenance } from "../../storage/maintenance.ts";
import type { Target } from "../frame/target.ts";
import { UsageError } from "../frame/usage_error.ts";
import { parseDatabase } from "./open_storage.ts";

/** Opens the maintenance of a database. */
export function openMaintenance(target: Target): Promise<Maintenance> {
  if (target.kind === "api") {
    throw new UsageError("This command works on a database: use --storage instead of --api.");
  }
  parseDatabase(String(target.storage));
  throw new UsageError("There is no maintenance of this database.");
}
