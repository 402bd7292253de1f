// The SQLite driver keeps every promise of the storage contract, over either library, whether a statement that fails was
// carried out or not.

import { DatabaseSync } from "node:sqlite";
import { registerConformance } from "../../support/conformance.ts";
import { DenoSqliteStandIn } from "./deno_sqlite_stand_in.ts";
import { sqliteHarness } from "./harness.ts";

registerConformance(
  sqliteHarness("sqlite over node:sqlite", (path) => new DatabaseSync(path), "before"),
);
registerConformance(
  sqliteHarness(
    "sqlite over a stand-in for @db/sqlite",
    (path) => new DenoSqliteStandIn(path),
    "after",
  ),
);
