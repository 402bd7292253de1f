// Plans of migrations, for the maintenance of drivers whose schema is made of numbered files.

import { SchemaVersionError } from "../errors.ts";
import type { MigrationStep } from "../maintenance.ts";

/** The duration of a step that only changes the catalog, in milliseconds. */
const catalogMs = 20;

/** The number of bytes that a step reads in a millisecond: 200 MB a second. */
const bytesPerMs = 200_000;

/**
 * Estimates the duration of a step, in milliseconds.
 *
 * @param readsBytes The size of the tables that it reads.
 */
export function estimateStep(readsBytes: number): number {
  return catalogMs + Math.round(readsBytes / bytesPerMs);
}

/**
 * Returns the step of a file, described by the first sentence of the comment at its beginning.
 *
 * @param script The text of the file.
 */
export function stepOf(file: string, script: string): MigrationStep {
  const lines: string[] = [];
  for (const line of script.split("\n")) {
    if (!line.startsWith("-- ")) break;
    lines.push(line.slice("-- ".length).trim());
  }
  const [sentence = ""] = lines.join(" ").match(/^.*?\.(?=\s|$)|^.*$/) ?? [];
  return { file, what: sentence };
}

/**
 * Checks the version to which a schema is to be migrated.
 *
 * @param found The version of the schema.
 * @param to The version to which to migrate.
 * @param known The newest version that this program knows.
 * @throws {SchemaVersionError} If `found` or `to` is newer than `known`, or `to` is older than
 * `found`.
 */
export function checkMigrationTarget(found: number, to: number, known: number): void {
  if (found > known) {
    throw new SchemaVersionError(
      found,
      known,
      `The schema has version ${found}, but this version of EverTask knows versions up to ${known}. ` +
        "Update EverTask, or use another database or schema.",
    );
  }
  if (to > known) {
    throw new SchemaVersionError(
      found,
      known,
      `There is no version ${to} of the schema: this version of EverTask knows versions up to ${known}.`,
    );
  }
  if (to < found) {
    throw new SchemaVersionError(
      found,
      known,
      `The schema has version ${found}, and there is no way back to version ${to}. Restore a backup.`,
    );
  }
}
