// SQL Server keeps every promise of the storage contract. All cases share a pool and a schema, hence one test with a step
// for each; without an engine, each shows as ignored.

import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { storageConformance } from "../../../src/testing/mod.ts";
import { hasTarget, needsTarget, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { capabilities, sqlServerHarness } from "./harness.ts";

if (hasTarget) {
  Deno.test("sqlserver keeps the promises of the storage contract", async (t) => {
    await withPool((pool) =>
      withSchema(pool, async (schema) => {
        await sqlServerStorage({ connection: pool, schema }).open();
        for (
          const { topic, name, missing, run } of storageConformance(sqlServerHarness(pool, schema))
        ) {
          await t.step({
            name: `${topic}: ${name}${missing === null ? "" : ` (needs ${missing})`}`,
            ignore: missing !== null,
            fn: run,
            // The pool makes connections when they are needed, and keeps them for the next case.
            sanitizeOps: false,
            sanitizeResources: false,
          });
        }
      })
    );
  });
} else {
  const create = () => Promise.reject(new Error("There is no engine."));
  for (const { topic, name } of storageConformance({ name: "sqlserver", capabilities, create })) {
    Deno.test({ ...needsTarget(`sqlserver: ${topic}: ${name}`), fn: () => {} });
  }
}
