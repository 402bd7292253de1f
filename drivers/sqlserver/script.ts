// Prepares the .sql files for the driver: inserts the name of the schema, and splits the files into
// batches as sqlcmd does.

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { type SqlFileName, sqlFiles } from "./sql.generated.ts";

/** The name of a procedure that has a file in sql/sqlserver/. */
export type ProcedureName = SqlFileName extends infer Name
  ? Name extends `${infer Procedure extends `usp_${string}`}.sql` ? Procedure : never
  : never;

const fileNames = Object.keys(sqlFiles) as SqlFileName[];

/** The numbered files, in order. */
export const migrationFiles: readonly SqlFileName[] = fileNames.filter(isMigration);

/** The procedures, which belong to the newest migration. */
export const procedureNames: readonly ProcedureName[] = fileNames
  .filter((name) => name.startsWith("usp_"))
  .map((name) => name.slice(0, -".sql".length) as ProcedureName);

/** The schema version that this code supports: the number of the newest migration. */
export const knownVersion: number = versionOf(migrationFiles.at(-1)!);

/** Reports whether a file is a numbered one, and not a procedure. */
export function isMigration(file: SqlFileName): boolean {
  return /^\d{4}_/.test(file);
}

/** Returns the number of a migration file. */
export function versionOf(file: SqlFileName): number {
  return Number(file.slice(0, 4));
}

/**
 * Checks the name of a schema. It becomes part of SQL text, so it must be a regular identifier,
 * which can end neither the brackets nor the quotes around it.
 *
 * @throws {InvalidArgumentError} If it is not a regular identifier.
 */
export function checkSchemaName(schema: string): string {
  if (typeof schema === "string" && /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(schema)) return schema;
  throw new InvalidArgumentError(
    "schema",
    hidden(schema),
    "be an identifier of ASCII letters, digits and underscores, at most 128 long, that begins with no digit",
  );
}

/** Returns SQL text for a schema. The files always name the schema `[EverTask]`. */
export function forSchema(text: string, schema: string): string {
  return text.replaceAll("[EverTask]", `[${schema}]`);
}

/** Splits a file into batches at its GO lines. */
export function batchesOf(file: SqlFileName, schema: string): string[] {
  return splitBatches(forSchema(sqlFiles[file], schema));
}

/** Splits a script at its GO lines. Omits batches without a statement, such as a heading. */
export function splitBatches(script: string): string[] {
  return script.split(/^[ \t]*GO[ \t]*\r?$/im).filter((batch) =>
    batch.split("\n").some((line) => line.trim() !== "" && !line.trim().startsWith("--"))
  );
}
