// The SQLite driver keeps every promise of the storage contract, over either library, whether or
// not a failed statement was executed.

import { DatabaseSync } from "node:sqlite";
import type { DenoSqliteDatabase } from "../../../drivers/sqlite/mod.ts";
import { registerConformance } from "../../support/conformance.ts";
import { DenoSqliteStandIn } from "./deno_sqlite_stand_in.ts";
import { sqliteHarness } from "./harness.ts";

/**
 * An application's own settings, which apply only to its own statements. Deno does not have their
 * types yet.
 */
const settings: object = { readBigInts: true, returnArrays: true };

registerConformance(
  sqliteHarness("sqlite over node:sqlite", (path) => new DatabaseSync(path, settings), "before"),
);
registerConformance(
  sqliteHarness(
    "sqlite over a stand-in for @db/sqlite",
    (path) => new DenoSqliteStandIn(path),
    "after",
  ),
);

type DenoSqlite = { Database: new (path: string) => DenoSqliteDatabase };

/**
 * Loads @db/sqlite. Resolves to null if JSR is out of reach, or the native part of the library, on
 * GitHub or at DENO_SQLITE_PATH.
 */
async function loadDenoSqlite(): Promise<DenoSqlite | null> {
  const name = "@db/sqlite"; // a literal would require the module during the type check
  try {
    return await import(name);
  } catch {
    return null;
  }
}

const denoSqlite = await loadDenoSqlite();
if (denoSqlite === null) {
  Deno.test({ name: "sqlite over @db/sqlite (needs @db/sqlite)", ignore: true, fn() {} });
} else {
  const { Database } = denoSqlite;
  registerConformance(
    sqliteHarness("sqlite over @db/sqlite", (path) => new Database(path), "after"),
  );
}
