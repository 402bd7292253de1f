// Adds columns to the tasks of a store that an earlier version has filled. ALTER TABLE holds the
// write lock while it checks each row of a STRICT table, which takes 3 s per million. Columns
// without constraints and defaults need no check, and change only the text of the schema. See
// https://sqlite.org/lang_altertable.html#otheralter.

import { messageOf } from "../../src/thrown/describe_error.ts";
import type { Connection } from "./connection.ts";

/** The statements that add such columns. */
const additions = /^ALTER TABLE queued_tasks ADD COLUMN \w+ \w+;/gm;

const selectText = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'queued_tasks'";
const updateText =
  "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'queued_tasks'";

/**
 * Adds the columns that a migration adds to the tasks. Must be called in a transaction.
 *
 * @returns The migration without the statements that add them; unchanged if the library is in
 * defensive mode and cannot leave it.
 */
export function addColumns(connection: Connection, script: string): string {
  const statements = script.match(additions);
  if (statements === null) return script;
  const isDefensive = !canWriteSchema(connection);
  if (isDefensive) connection.setDefensive(false);
  try {
    if (isDefensive && !canWriteSchema(connection)) return script;
    writeText(connection, textAfter(connection, statements));
  } finally {
    if (isDefensive) connection.setDefensive(true);
  }
  return script.replaceAll(additions, "");
}

function canWriteSchema(connection: Connection): boolean {
  return withWritableSchema(connection, () => {
    try {
      connection.exec("UPDATE sqlite_schema SET sql = sql WHERE 0");
      return true;
    } catch (error) {
      if (messageOf(error).includes("may not be modified")) return false;
      throw error;
    }
  });
}

function writeText(connection: Connection, text: string): void {
  const version = connection.get("PRAGMA schema_version")!.schema_version as number;
  withWritableSchema(connection, () => connection.run(updateText, text));
  // All connections read the schema again, also this one.
  connection.exec(`PRAGMA schema_version = ${version + 1}`);
}

function withWritableSchema<T>(connection: Connection, work: () => T): T {
  connection.exec("PRAGMA writable_schema = ON");
  try {
    return work();
  } finally {
    connection.exec("PRAGMA writable_schema = OFF");
  }
}

/** Returns the text that SQLite itself makes when it adds the columns to an empty table. */
function textAfter(connection: Connection, statements: readonly string[]): string {
  const text = connection.get(selectText)!.sql as string;
  connection.exec(text.replace("CREATE TABLE", "CREATE TEMP TABLE"));
  for (const statement of statements) {
    connection.exec(statement.replace("TABLE queued_tasks", "TABLE temp.queued_tasks"));
  }
  const { sql } = connection.get("SELECT sql FROM sqlite_temp_schema WHERE name = 'queued_tasks'")!;
  connection.exec("DROP TABLE temp.queued_tasks");
  return sql as string;
}
