// Opens the maintenance of the database of a target.

import type { Maintenance } from "../../storage/maintenance.ts";
import type { Target } from "../frame/target.ts";
import { UsageError } from "../frame/usage_error.ts";
import { storageOf } from "./open_storage.ts";

/**
 * Opens the maintenance of a database.
 *
 * @throws {UsageError} If the target is no database, or its driver has no maintenance.
 */
export async function openMaintenance(target: Target): Promise<Maintenance> {
  if (target.kind === "api") {
    throw new UsageError("This command works on a database: use --storage instead of --api.");
  }
  const storage = await storageOf(target);
  const maintenance = await storage.maintenance?.open();
  if (maintenance !== undefined) return maintenance;
  throw new UsageError(`The driver "${storage.name}" has no migrations and no diagnosis.`);
}
