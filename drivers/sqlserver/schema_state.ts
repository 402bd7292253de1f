// The state of the schema in a database: its version, the procedures with their texts, and the
// types.
//
// A procedure is recreated if its text has changed. Several releases may have the same schema
// version. Each process that starts installs the procedures of its own release, and processes of
// the other releases call them. Therefore a procedure's interface (parameters, recordsets) changes
// only with a new migration.

import type { Recordsets, Row } from "./recordsets.ts";
import { instant, text, textOrNull, truth } from "./rows.ts";
import { batchesOf, forSchema, type ProcedureName, procedureNames } from "./script.ts";
import * as tableTypes from "./table_types.ts";

/** The state of a schema. */
export interface SchemaState {
  /** The version; 0 if there is no schema. */
  readonly version: number;
  /** The time of the server's clock. */
  readonly now: number;
  readonly isBabelfish: boolean;
  /** The procedures that do not exist or are not visible to the user. */
  readonly missing: readonly ProcedureName[];
  /** The procedures that are missing or have another text. */
  readonly outdated: readonly ProcedureName[];
  /** The table types that do not exist or are not visible to the user. */
  readonly missingTypes: readonly string[];
  /** The types that have the name of a table type, but are something else. */
  readonly foreignTypes: readonly string[];
}

/** Returns the query of a schema's state, for {@linkcode toSchemaState}. */
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
WHERE p.[schema_id] = SCHEMA_ID(PARSENAME(N'[EverTask]', 1));
SELECT t.[name] AS [Type], t.[is_table_type] AS [IsTable], c.[name] AS [Column]
FROM sys.types AS t
LEFT JOIN sys.table_types AS tt ON tt.[user_type_id] = t.[user_type_id]
LEFT JOIN sys.columns AS c ON c.[object_id] = tt.[type_table_object_id]
WHERE t.[schema_id] = SCHEMA_ID(PARSENAME(N'[EverTask]', 1))
ORDER BY t.[name], c.[column_id];`;

/** Converts the answer to {@linkcode stateQuery}. */
export function toSchemaState(
  [general, procedures, typeColumns]: Recordsets,
  schema: string,
): SchemaState {
  const { Version, Now, IsBabelfish } = general![0]!;
  // Babelfish writes names in lower case.
  const definitions = new Map(
    procedures!.map((row) => [text(row.Procedure).toLowerCase(), textOrNull(row.Definition)]),
  );
  const missing = procedureNames.filter((name) => !definitions.has(name.toLowerCase()));
  const types = Object.values(tableTypes).map(({ name, columns }) => {
    const rows = typeColumns!.filter(({ Type }) => isNamed(Type, name));
    return { name, isMissing: rows.length === 0, isOurs: isTableOf(rows, Object.keys(columns)) };
  });
  return {
    version: Number(Version),
    now: instant(Now),
    isBabelfish: truth(IsBabelfish),
    missing,
    outdated: procedureNames.filter((name) => {
      const definition = definitions.get(name.toLowerCase());
      return definition === undefined || !isOurs(name, definition, schema);
    }),
    missingTypes: types.filter(({ isMissing }) => isMissing).map(({ name }) => name),
    foreignTypes: types.filter(({ isMissing, isOurs }) => !isMissing && !isOurs)
      .map(({ name }) => name),
  };
}

/** Reports whether a name in the catalog is `name`. Babelfish writes names in lower case. */
function isNamed(found: unknown, name: string): boolean {
  return textOrNull(found)?.toLowerCase() === name.toLowerCase();
}

/**
 * Reports whether a type is a table with these columns. A user who may use no object of the schema
 * may be unable to see the columns. They are then assumed to be right.
 */
function isTableOf(rows: readonly Row[], columns: readonly string[]): boolean {
  if (rows.some(({ IsTable }) => !truth(IsTable))) return false;
  if (rows.every(({ Column }) => Column === null)) return true;
  return rows.length === columns.length &&
    rows.every(({ Column }, at) => isNamed(Column, columns[at]!));
}

/**
 * Reports whether a procedure has the expected text. A user who may call a procedure may be unable
 * to see its text. The text is then assumed to be right.
 */
function isOurs(name: ProcedureName, definition: string | null, schema: string): boolean {
  if (definition === null) return true;
  return normalized(definition) === normalized(batchesOf(`${name}.sql`, schema).at(-1)!);
}

/**
 * Normalizes white space, in which tools that run scripts differ. Also removes brackets, because
 * Babelfish replaces the brackets around types of parameters by spaces.
 */
function normalized(batch: string): string {
  return batch.replaceAll(/[\s[\]]+/g, " ").trim();
}
