// The files of sql/postgres/ as the driver runs them.

import { type SqlFileName, sqlFiles } from "./sql.generated.ts";

const fileNames = Object.keys(sqlFiles) as SqlFileName[];

/** The numbered files, in order. */
export const migrationFiles: readonly SqlFileName[] = fileNames.filter((name) =>
  /^\d{4}_/.test(name)
);

/** The version of the schema that this code works with: the number of the newest migration. */
export const knownVersion: number = versionOf(migrationFiles.at(-1)!);

/** The number of a migration file. */
export function versionOf(file: SqlFileName): number {
  return Number.parseInt(file, 10);
}

/** Which functions a database has, or should have. */
export interface FunctionsState {
  /** Rises with each change of a function. */
  readonly revision: number;
  /** The SHA-256 of the files. */
  readonly hash: string;
}

/** The functions that this code works with. */
export const knownFunctions: FunctionsState = readRecord(sqlFiles["functions.sql"]);

/** A file's statements, with those of the files that it includes. */
export function scriptOf(file: SqlFileName): string {
  return sqlFiles[file].replace(
    /^\\ir (.+)$/gm,
    (_, included) => sqlFiles[included as SqlFileName],
  );
}

/** The revision and the hash that functions.sql records. */
function readRecord(script: string): FunctionsState {
  const [, revision, hash] = /VALUES \((\d+), '([0-9a-f]+)'\)/.exec(script)!;
  return { revision: Number(revision), hash: hash! };
}
