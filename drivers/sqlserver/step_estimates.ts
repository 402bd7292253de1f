// Estimates the durations of migrations by the sizes of the tables that they read.

import { estimateStep } from "../../src/storage/kit/migration_plan.ts";
import type { SqlServerDatabase } from "./database.ts";
import { type SqlFileName, sqlFiles } from "./sql.generated.ts";
import { readBytes } from "./table_sizes.ts";

/** The statements that read all rows of a table. A column without values changes only the catalog. */
const readingStatement =
  /(?:\bCREATE (?:UNIQUE )?(?:CLUSTERED )?INDEX \[\w+\]\s+ON|\bUPDATE) \[EverTask\]\.\[(\w+)\]/g;

/** Returns the durations of files in a database, in milliseconds. */
export async function estimateFiles(
  database: SqlServerDatabase,
  files: readonly SqlFileName[],
): Promise<number[]> {
  const bytes = await readBytes(database);
  return files.map((file) => {
    const tables = Array.from(sqlFiles[file].matchAll(readingStatement), ([, table]) => table!);
    const sizes = tables.map((table) => bytes.get(table.toLowerCase()) ?? 0);
    return estimateStep(sizes.reduce((sum, size) => sum + size, 0));
  });
}
