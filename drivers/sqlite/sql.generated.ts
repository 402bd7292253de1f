// deno-fmt-ignore-file
// Generated from sql/sqlite/ by `deno task sql`. Change the .sql files, not this one.

/** The names of the files in sql/sqlite/. */
export type SqlFileName = "0001_schema.sql";

/** The files of sql/sqlite/, in the order of their names. */
export const sqlFiles: Readonly<Record<SqlFileName, string>> = {
  "0001_schema.sql": `-- The tables of EverTask in SQLite.
`,
};
