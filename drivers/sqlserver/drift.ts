// Finds what differs between the schema of a database and the files of sql/sqlserver/. Procedures
// are compared by schema_state.ts.

import type { Recordsets } from "./recordsets.ts";
import { text, truth } from "./rows.ts";
import { migrationFiles } from "./script.ts";
import { sqlFiles } from "./sql.generated.ts";

/** An index, and its table. */
interface KnownIndex {
  readonly name: string;
  readonly table: string;
}

/** The objects that the files create. */
interface KnownObjects {
  readonly tables: readonly string[];
  readonly indexes: readonly KnownIndex[];
}

/** Objects that are missing or disabled, by name. */
export interface Drift {
  readonly missingTables: readonly string[];
  readonly missingIndexes: readonly string[];
  readonly disabledIndexes: readonly string[];
}

/** The file that adopts upstream's tables. Its indexes exist only where these tables existed. */
const adoption = "0002_adopt_upstream_tables.sql";

const tableStatement = /CREATE TABLE \[EverTask\]\.\[(\w+)\]/g;
const indexStatement =
  /CREATE (?:UNIQUE )?(?:CLUSTERED )?INDEX \[(\w+)\]\s+ON \[EverTask\]\.\[(\w+)\]/g;

/** Returns the objects that the files create. */
export function knownObjects(): KnownObjects {
  const script = migrationFiles.filter((file) => file !== adoption)
    .map((file) => sqlFiles[file]).join("\n");
  // A later file may make an index anew.
  const tableOfIndex = new Map(
    Array.from(script.matchAll(indexStatement), ([, name, table]) => [name!, table!] as const),
  );
  return {
    tables: Array.from(script.matchAll(tableStatement), ([, name]) => name!),
    indexes: Array.from(tableOfIndex, ([name, table]) => ({ name, table })),
  };
}

/** The query of the tables and the indexes of a schema, for {@linkcode findDrift}. */
export const catalogQuery = `
SELECT t.[name] AS [Table] FROM sys.tables AS t
WHERE t.[schema_id] = SCHEMA_ID(PARSENAME(N'[EverTask]', 1));
SELECT i.[name] AS [Index], i.[is_disabled] AS [IsDisabled]
FROM sys.indexes AS i JOIN sys.tables AS t ON t.[object_id] = i.[object_id]
WHERE t.[schema_id] = SCHEMA_ID(PARSENAME(N'[EverTask]', 1)) AND i.[name] IS NOT NULL;`;

/** Compares the answer to {@linkcode catalogQuery} with the files. */
export function findDrift([tables, indexes]: Recordsets): Drift {
  const known = knownObjects();
  // Babelfish writes names in lower case.
  const foundTables = new Set(tables!.map(({ Table }) => text(Table).toLowerCase()));
  const hasTable = (table: string) => foundTables.has(table.toLowerCase());
  const found = indexes!.map(({ Index, IsDisabled }) => ({
    name: text(Index).toLowerCase(),
    isDisabled: truth(IsDisabled),
  }));
  // For a missing table, its indexes are not reported separately.
  const expected = known.indexes.filter(({ table }) => hasTable(table));
  const namesOf = (isFault: (index: KnownIndex) => boolean) =>
    expected.filter(isFault).map(({ name }) => name);
  return {
    missingTables: known.tables.filter((table) => !hasTable(table)),
    missingIndexes: namesOf((index) => !found.some(({ name }) => isNameOf(name, index))),
    disabledIndexes: namesOf((index) =>
      found.some(({ name, isDisabled }) => isDisabled && isNameOf(name, index))
    ),
  };
}

/**
 * Reports whether `found`, a name in the catalog, is the name of an index. Babelfish appends the
 * table's name and a hash, and cuts the part before the hash to 31 characters.
 */
function isNameOf(found: string, { name, table }: KnownIndex): boolean {
  const own = name.toLowerCase();
  const onBabelfish = `${own}${table.toLowerCase()}`.slice(0, 31);
  return found === own || found.startsWith(onBabelfish) && /[0-9a-f]{32}$/.test(found);
}
