// Runs the scripts of `evertask migrate` on a real T-SQL engine, split at GO as sqlcmd splits them.
// One test sends the batches itself. The other runs tsql of FreeTDS, which also splits at GO.

import { assertEquals } from "@std/assert";
import { SqlServerMaintenance } from "../../drivers/sqlserver/maintenance.ts";
import { resolveOptions } from "../../drivers/sqlserver/options.ts";
import { splitBatches } from "../../drivers/sqlserver/script.ts";
import { needsTarget, targetUrl, withPool, withSchema } from "../support/tsql_server/target.ts";

Deno.test({
  ...needsTarget("the batches of --sql create a schema, and update an older one"),
  fn: () =>
    withPool(async (pool) => {
      for (const to of [undefined, 5]) {
        await withSchema(pool, async (schema) => {
          await using maintenance = new SqlServerMaintenance(
            resolveOptions({ connection: pool, schema }),
          );
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

const hasTsql = await runTsql([], "") !== null;

/** Runs tsql with a script; null if it is not installed. */
async function runTsql(args: readonly string[], script: string): Promise<string | null> {
  try {
    const child = new Deno.Command("tsql", {
      args: ["-o", "q", ...args],
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    const writing = new Blob([script]).stream().pipeTo(child.stdin);
    const [{ stdout, stderr }] = await Promise.all([child.output(), writing]);
    return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const byTsql = needsTarget(
  "tsql runs the output of --sql without its first line, which is for sqlcmd",
);

Deno.test({
  ...byTsql,
  ignore: byTsql.ignore || !hasTsql,
  fn: () =>
    withPool((pool) =>
      withSchema(pool, async (schema) => {
        const options = resolveOptions({ connection: pool, schema });
        await using maintenance = new SqlServerMaintenance(options);
        const [first, ...rest] = (await maintenance.script()).split("\n");
        assertEquals(first, ":on error exit");
        const { hostname, port, username, password, pathname } = new URL(targetUrl!);
        const login = [hostname, port, username, password, pathname.slice(1)]
          .flatMap((value, at) => [`-${"SpUPD"[at]}`, decodeURIComponent(value)]);
        const said = await runTsql(login, rest.join("\n"));
        assertEquals(said!.match(/^(Msg|Error) .*\n.*/gm), null);
        assertEquals((await maintenance.plan()).steps, []);
        const faults = await maintenance.diagnose();
        assertEquals(faults.filter(({ kind }) => kind !== "noRowVersions"), []);
      })
    ),
});
