// Prepares the files of sql/postgres/ for the driver.

import { type SqlFileName, sqlFiles } from "./sql.generated.ts";

const fileNames = Object.keys(sqlFiles) as SqlFileName[];

/** The numbered files, in order. */
export const migrationFiles: readonly SqlFileName[] = fileNames.filter((name) =>
  /^\d{4}_/.test(name)
);

/** The version of the schema that this code works with: the number of the newest migration. */
export const knownVersion: number = versionOf(migrationFiles.at(-1)!);

/** Returns the number of a migration file. */
export function versionOf(file: SqlFileName): number {
  return Number.parseInt(file, 10);
}

/** The state of the functions that a database has, or should have. */
export interface FunctionsState {
  /** Incremented by each change of a function. */
  readonly revision: number;
  /** The SHA-256 of the files. */
  readonly hash: string;
}

/** The state of the functions that this code needs. */
export const knownFunctions: FunctionsState = readRecord(sqlFiles["functions.sql"]);

/** Returns the statements of a file and of the files that it includes. */
export function scriptOf(file: SqlFileName): string {
  return sqlFiles[file].replace(
    /^\\ir (.+)$/gm,
    (_, included) => sqlFiles[included as SqlFileName],
  );
}

/** Returns the revision and the hash that functions.sql records. */
function readRecord(script: string): FunctionsState {
  const [, revision, hash] = /VALUES \((\d+), '([0-9a-f]+)'\)/.exec(script)!;
  return { revision: Number(revision), hash: hash! };
}
