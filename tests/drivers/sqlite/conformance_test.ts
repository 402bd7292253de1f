// The SQLite driver keeps every promise of the storage contract, over either library, whether a statement that fails was
// carried out or not.

import { DatabaseSync } from "node:sqlite";
import { registerConformance } from "../../support/conformance.ts";
import { DenoSqliteStandIn } from "./deno_sqlite_stand_in.ts";
import { sqliteHarness } from "./harness.ts";

/** An application's own settings, which hold for its own statements alone. Deno has no types of them yet. */
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
