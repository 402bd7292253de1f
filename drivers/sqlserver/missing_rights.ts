// Creates errors about missing rights, with the statements that grant them. Source:
// https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors

import { StorageReadOnlyError } from "../../src/storage/errors.ts";
import { describe, numberOf } from "./errors.ts";

/** The user who lacks a right, and the schema. */
export interface Grantee {
  readonly schema: string;
  /** The user in the database. */
  readonly user: string;
  readonly isBabelfish: boolean;
  /** Whether the schema exists and is visible to the user. */
  readonly hasSchema: boolean;
}

/**
 * The numbers of errors about a right on a table, a column or a procedure. The message names the
 * right.
 */
const useNumbers: ReadonlySet<number> = new Set([229, 230]);

/**
 * The numbers of errors about rights of migrations: to create objects in the database (262), to use
 * a schema (2760), or to change an object that "does not exist or you do not have permission"
 * (1088, 3701, 4902, 15151, 15247).
 */
const migrationNumbers: ReadonlySet<number> = new Set([
  ...[262, 1088, 2760, 3701, 4902, 15151, 15247],
]);

/** The number that Babelfish uses for all errors of PostgreSQL without a number in SQL Server. */
const babelfishNumber = 33_557_097;

/** Reports whether an error is about a missing right. */
export function isMissingRight(error: unknown): boolean {
  return isMissingForUse(error) || isMissingForMigration(error);
}

function isMissingForUse(error: unknown): boolean {
  const number = numberOf(error);
  if (number === undefined) return false;
  return useNumbers.has(number) ||
    number === babelfishNumber &&
      /permission denied for (table|sequence|procedure|function|type)/.test(describe(error));
}

function isMissingForMigration(error: unknown): boolean {
  const number = numberOf(error);
  if (number === undefined) return false;
  return migrationNumbers.has(number) ||
    number === babelfishNumber &&
      /permission denied for (schema|database)|must be owner of/.test(describe(error));
}

/** Returns an error with the missing right and the statement that grants it. */
export function missingRightError(error: unknown, grantee: Grantee): StorageReadOnlyError {
  const message = describe(error);
  const denied = /The ([A-Z]+) permission was denied/.exec(message)?.[1];
  const remedy = isMissingForUse(error)
    ? `The application needs: ${rightToUse(grantee, denied)}`
    : `To migrate, it needs: ${
      rightToMigrate(grantee)
    } Or have an administrator run the files of sql/sqlserver/, ` +
      `and set \`migrate: false\`; then it needs: ${rightToUse(grantee)}`;
  return new StorageReadOnlyError(`${message} ${remedy}`, { cause: error });
}

/**
 * Returns the statement that lets a user work with an existing schema.
 *
 * @param more A further missing right.
 */
export function rightToUse({ schema, user, isBabelfish }: Grantee, more?: string): string {
  // Babelfish has no ownership chains, so the caller of a procedure needs the rights on its tables.
  // On large procedures, GRANT succeeds only within EXEC; otherwise it fails with "cannot fetch
  // toast data without an active snapshot" (seen with 4.3).
  const rights = new Set([
    "EXECUTE",
    "SELECT",
    ...isBabelfish ? ["INSERT", "UPDATE", "DELETE"] : [],
  ]);
  if (more !== undefined) rights.add(more);
  const grant = `GRANT ${[...rights].join(", ")} ON SCHEMA::[${schema}] TO ${quoted(user)}`;
  return isBabelfish ? `EXEC (N'${grant.replaceAll("'", "''")}');` : `${grant};`;
}

/** Returns the statements that let a user create and change the schema's tables and procedures. */
function rightToMigrate({ schema, user, isBabelfish, hasSchema }: Grantee): string {
  const owner = hasSchema && !isBabelfish
    ? `ALTER AUTHORIZATION ON SCHEMA::[${schema}] TO ${quoted(user)};`
    : `CREATE SCHEMA [${schema}] AUTHORIZATION ${quoted(user)};`;
  if (isBabelfish) return owner;
  return `${owner} GRANT CREATE TABLE, CREATE PROCEDURE, CREATE TYPE TO ${quoted(user)};`;
}

function quoted(user: string): string {
  return `[${user.replaceAll("]", "]]")}]`;
}
