// Loads the database package when a storage is opened: it is by far the largest one, and only those
// who use SQL Server install it.

import { StorageError } from "../../src/storage/errors.ts";
import type { Mssql } from "./mssql_api.ts";

/**
 * Not a literal in the import: neither Deno nor a bundler is to fetch the package for programs
 * without SQL Server.
 */
const packageName = "mssql";

/**
 * Imports `mssql` as the program has it.
 *
 * @throws {StorageError} If it is not installed, with the command that installs it.
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
