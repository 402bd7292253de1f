// Runs random sequences of operations on each store and on the model of the contract.

import fc from "fast-check";
import type { StorageHarness } from "../../../src/testing/mod.ts";
import { DatabaseSync } from "node:sqlite";
import { startPostgres } from "../../support/pg_server.ts";
import { memoryHarness } from "../../drivers/memory/harness.ts";
import { postgresHarness } from "../../drivers/postgres/harness.ts";
import { sqliteHarness } from "../../drivers/sqlite/harness.ts";
import { withSqlServerHarness } from "../../drivers/sqlserver/harness.ts";
import { needsTarget } from "../../support/tsql_server/target.ts";
import { type Operation, operationKinds } from "./operations.ts";
import { replay } from "./replay.ts";

const choice = fc.integer({ min: 0, max: 5 });
const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.record({ kind: fc.constantFrom(...operationKinds), a: choice, b: choice, c: choice }),
  { minLength: 1, maxLength: 80, size: "max" },
);

async function holds(harness: StorageHarness, numRuns: number): Promise<void> {
  const property = fc.asyncProperty(operations, (sequence) => replay(harness, sequence));
  await fc.assert(property, { numRuns, ...(seed === undefined ? {} : { seed }) });
}

/**
 * The sequences are the same each time, so that failures are reproducible. EVERTASK_SEED selects
 * others.
 */
const seed = Number(Deno.env.get("EVERTASK_SEED") ?? 20_261_122);

Deno.test("memory: for any operations in any order, the store matches the model of the contract", async () => {
  await holds(memoryHarness, 150);
});

Deno.test("sqlite: for any operations in any order, the store matches the model of the contract", async () => {
  await holds(sqliteHarness("sqlite", (path) => new DatabaseSync(path), "before"), 15);
});

Deno.test("postgres: for any operations in any order, the store matches the model of the contract", async () => {
  await using server = await startPostgres();
  const database = await server.createDatabase();
  await holds(postgresHarness("postgres", () => Promise.resolve(database)), 5);
});

Deno.test({
  ...needsTarget(
    "sqlserver: for any operations in any order, the store matches the model of the contract",
  ),
  fn: () => withSqlServerHarness((harness) => holds(harness, 5)),
});
