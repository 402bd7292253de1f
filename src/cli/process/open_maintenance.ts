// Opens the maintenance of the database of a target.

import type { Maintenance } from "../../storage/maintenance.ts";
import type { Target } from "../frame/target.ts";
import { UsageError } from "../frame/usage_error.ts";
import { checkPath, parseDatabase } from "./open_storage.ts";

/**
 * Opens the maintenance of a database.
 *
 * @throws {UsageError} If the target is no database.
 */
export async function openMaintenance(target: Target): Promise<Maintenance> {
  if (target.kind === "api") {
    throw new UsageError("This command works on a database: use --storage instead of --api.");
  }
  const { storage, schema } = target;
  if (typeof storage !== "string") {
    const remedy = 'write its URL there, such as storage: "sqlite:app.db", or give --storage';
    throw new UsageError(`The configuration has made its storage itself: ${remedy}.`);
  }
  const database = parseDatabase(storage);
  const options = schema === undefined ? {} : { schema };
  switch (database.driver) {
    case "sqlite": {
      checkPath(database.path);
      const { SqliteMaintenance } = await import("../../../drivers/sqlite/maintenance.ts");
      return new SqliteMaintenance(database.path);
    }
    case "postgres": {
      const { PostgresMaintenance } = await import("../../../drivers/postgres/maintenance.ts");
      return new PostgresMaintenance({ url: database.url, ...options });
    }
    case "sqlserver": {
      const { SqlServerMaintenance } = await import("../../../drivers/sqlserver/maintenance.ts");
      return new SqlServerMaintenance({ connection: database.url, ...options });
    }
  }
}
