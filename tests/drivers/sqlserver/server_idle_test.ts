// The calls of an idle worker to SQL Server: the cost of polling in README.md.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { delay } from "@std/async";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { SqlServerPool } from "../../../drivers/sqlserver/mssql_api.ts";
import { defineTask } from "../../../mod.ts";
import { startEngine } from "../../support/engine.ts";
import { needsTarget, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { intercepted } from "./intercepted_pool.ts";

/** Wraps `pool` to append the procedure or the text of each request to `log`. */
function logging(pool: SqlServerPool, log: string[]): SqlServerPool {
  return intercepted(pool, (text, send) => {
    log.push(/usp_\w+/.exec(text)?.[0] ?? text);
    return send();
  });
}

Deno.test({
  ...needsTarget("an idle worker sends heartbeats, and polls for due tasks once per interval"),
  async fn() {
    await withPool((pool) =>
      withSchema(pool, async (schema) => {
        const log: string[] = [];
        const storage = sqlServerStorage({ connection: logging(pool, log), schema });
        const task = defineTask<null>({ type: "task", handle() {} });
        await using engine = await startEngine({ storage, tasks: [task], leaseDuration: 4500 });
        await engine.ended((await engine.everTask.dispatch(task, null)).id);
        // The worker reads the series once, when the duration of a lease has passed since its
        // start. By then, the poll interval has reached its maximum.
        while (!log.some((text) => text.includes("[IsRecurring] = 1"))) await delay(100);
        log.length = 0;
        const start = performance.now();
        const count = (procedure: string) => log.filter((name) => name === procedure).length;
        while (count("usp_NextDueAt") < 3 || count("usp_Heartbeat") < 2) await delay(100);
        const ms = performance.now() - start;
        assertLessOrEqual(count("usp_NextDueAt"), Math.ceil(ms / storage.polling.idleMs), "looks");
        assertLessOrEqual(count("usp_Heartbeat"), Math.ceil(ms / 1500), "heartbeats");
        assertEquals([...new Set(log)].sort(), ["usp_Heartbeat", "usp_NextDueAt"]);
        assertEquals(engine.complaints, []);
      })
    );
  },
});
