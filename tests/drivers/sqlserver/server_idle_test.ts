// What a worker asks of SQL Server while there is nothing to do: the price of polling that README.md tells.

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { SqlServerPool } from "../../../drivers/sqlserver/mssql_api.ts";
import { defineTask } from "../../../mod.ts";
import { startEngine } from "../../support/engine.ts";
import { needsTarget, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { intercepted } from "./intercepted_pool.ts";

/** The pool, which writes down each request. */
function logging(pool: SqlServerPool, log: string[]): SqlServerPool {
  return intercepted(pool, (text, send) => {
    log.push(/usp_\w+/.exec(text)?.[0] ?? text);
    return send();
  });
}

Deno.test({
  ...needsTarget("an idle worker beats, and asks once an interval for what is due"),
  async fn() {
    await withPool((pool) =>
      withSchema(pool, async (schema) => {
        const log: string[] = [];
        const storage = sqlServerStorage({ connection: logging(pool, log), schema });
        const task = defineTask<null>({ type: "task", handle() {} });
        await using engine = await startEngine({ storage, tasks: [task], leaseDuration: 3000 });
        await engine.ended((await engine.everTask.dispatch(task, null)).id);
        await delay(3000); // the pauses have grown to their longest
        log.length = 0;
        await delay(4200);
        const calls = Map.groupBy(log, (procedure) => procedure);
        const count = (procedure: string) => calls.get(procedure)?.length ?? 0;
        const looks = count("usp_NextDueAt");
        assert(looks >= 2 && looks <= 5, `${looks} looks`);
        const beats = count("usp_Heartbeat");
        assert(beats >= 2 && beats <= 5, `${beats} heartbeats`);
        assertEquals([...calls.keys()].sort(), ["usp_Heartbeat", "usp_NextDueAt"]);
        assertEquals(engine.complaints, []);
      })
    );
  },
});
