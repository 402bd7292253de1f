// The state of our schema in a database: its version, and the procedures with their texts.
//
// A procedure is made again when its text has changed. Processes of several releases with the same
// version do so in turn, so a procedure's interface (parameters, recordsets) changes only with a
// new migration.

import type { Recordsets } from "./recordsets.ts";
import { instant, text, textOrNull, truth } from "./rows.ts";
import { batchesOf, forSchema, type ProcedureName, procedureNames } from "./script.ts";

/** The state of a schema. */
export interface SchemaState {
  /** 0: there is none. */
  readonly version: number;
  /** The server's clock. */
  readonly now: number;
  readonly isBabelfish: boolean;
  /** The procedures that are not there, or that the user may not see. */
  readonly missing: readonly ProcedureName[];
  /** The procedures that are missing, or are there with another text than ours. */
  readonly outdated: readonly ProcedureName[];
}

/** Asks for the state of a schema, for {@linkcode toSchemaState}. */
export function stateQuery(schema: string): string {
  return forSchema(query, schema);
}

const query = `
DECLARE @Version int = 0;
IF OBJECT_ID(N'[EverTask].[SchemaVersions]') IS NOT NULL
    SELECT @Version = MAX([Version]) FROM [EverTask].[SchemaVersions];
SELECT COALESCE(@Version, 0) AS [Version], SYSDATETIMEOFFSET() AS [Now],
    CASE WHEN SERVERPROPERTY('Babelfish') IS NULL THEN 0 ELSE 1 END AS [IsBabelfish];
SELECT p.[name] AS [Procedure], m.[definition] AS [Definition]
FROM sys.procedures AS p
LEFT JOIN sys.sql_modules AS m ON m.[object_id] = p.[object_id]
WHERE p.[schema_id] = SCHEMA_ID(PARSENAME(N'[EverTask]', 1));`;

/** Reads the answer to {@linkcode stateQuery}. */
export function toSchemaState([general, procedures]: Recordsets, schema: string): SchemaState {
  const { Version, Now, IsBabelfish } = general![0]!;
  // Babelfish writes names in lower case.
  const definitions = new Map(
    procedures!.map((row) => [text(row.Procedure).toLowerCase(), textOrNull(row.Definition)]),
  );
  const missing = procedureNames.filter((name) => !definitions.has(name.toLowerCase()));
  return {
    version: Number(Version),
    now: instant(Now),
    isBabelfish: truth(IsBabelfish),
    missing,
    outdated: procedureNames.filter((name) => {
      const definition = definitions.get(name.toLowerCase());
      return definition === undefined || !isOurs(name, definition, schema);
    }),
  };
}

/**
 * Whether a procedure has our text. Who may call it need not be allowed to see that: then it is
 * taken for granted.
 */
function isOurs(name: ProcedureName, definition: string | null, schema: string): boolean {
  if (definition === null) return true;
  return withoutLineEnds(definition) === withoutLineEnds(batchesOf(`${name}.sql`, schema).at(-1)!);
}

/** Tools that run scripts differ in line ends, and in the white space around a batch. */
function withoutLineEnds(batch: string): string {
  return batch.split(/\r?\n/).map((line) => line.trimEnd()).join("\n").trim();
}
