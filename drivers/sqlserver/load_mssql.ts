// Loads mssql when a storage is opened. Only users of SQL Server install mssql, because it is by
// far the largest dependency.

import { StorageError } from "../../src/storage/errors.ts";
import type { Mssql } from "./mssql_api.ts";

/**
 * The name of the package. It is not a literal in the import, so that neither Deno nor a bundler
 * fetches the package for programs without SQL Server.
 */
const packageName = "mssql";

/**
 * Imports the application's `mssql`.
 *
 * @throws {StorageError} If it is not installed. The message has the command that installs it.
 */
export async function loadMssql(): Promise<Mssql> {
  try {
    return (await import(packageName)).default;
  } catch (cause) {
    throw new StorageError(
      "The package mssql, which the SQL Server storage needs, could not be loaded. Install it: " +
        "`deno add npm:mssql` in Deno, `npm install mssql` in Node, `bun add mssql` in Bun. Or pass your own " +
        "copy: sqlServerStorage({ connection, mssql }).",
      { cause },
    );
  }
}
