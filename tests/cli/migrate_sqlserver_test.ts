// Tests the scripts of `evertask migrate` on a real engine of T-SQL, as sqlcmd runs them.

import { assertEquals } from "@std/assert";
import { SqlServerMaintenance } from "../../drivers/sqlserver/maintenance.ts";
import { splitBatches } from "../../drivers/sqlserver/script.ts";
import { needsTarget, withPool, withSchema } from "../support/tsql_server/target.ts";

Deno.test({
  ...needsTarget("the batches of --sql update a new schema, and an older one"),
  fn: () =>
    withPool(async (pool) => {
      for (const to of [undefined, 5]) {
        await withSchema(pool, async (schema) => {
          await using maintenance = new SqlServerMaintenance({ connection: pool, schema });
          if (to !== undefined) assertEquals((await maintenance.migrate(to)).steps.length, to);
          const script = await maintenance.script();
          const [first, ...rest] = script.split("\n");
          assertEquals(first, ":on error exit"); // for sqlcmd, not for the server
          for (const batch of splitBatches(rest.join("\n"))) await pool.request().batch(batch);
          assertEquals((await maintenance.plan()).steps, []);
        });
      }
    }),
});
