// The network between the workers and a T-SQL engine fails in the middle of the work: connections
// are cut and refused, and then packets are dropped silently.

import { assert, assertLessOrEqual } from "@std/assert";
import { delay } from "@std/async";
import { createEverTask, silentLogger } from "../../mod.ts";
import { sqlServerStorage } from "../../drivers/sqlserver/mod.ts";
import { needsTarget, targetConfig, withPool, withSchema } from "../support/tsql_server/target.ts";
import { outageMs, startNetworkedWorker, step, steps, wait } from "./networked_worker.ts";
import { eventually, untilCompleted } from "./support.ts";
import { assertEachCompletedOnce, storedHistories } from "./task_histories.ts";

const leaseMs = 10_000;

function startWorker(schema: string) {
  const config = targetConfig();
  return startNetworkedWorker(
    `mssql://${config.server}:${config.port ?? 1433}`,
    leaseMs,
    (network) => {
      const { hostname, port } = new URL(network.urlOf("mssql://server"));
      const limits = { requestTimeout: 4_000, connectionTimeout: 2_000 };
      const options = { ...config.options, cancelTimeout: 500, serverName: config.server };
      const connection = { ...config, ...limits, options, server: hostname, port: Number(port) };
      return sqlServerStorage({ connection, schema });
    },
  );
}

Deno.test({
  ...needsTarget("a network failure under load loses nothing on SQL Server"),
  fn: () =>
    withPool((pool) =>
      withSchema(pool, async (schema) => {
        const storage = sqlServerStorage({ connection: pool, schema });
        await using web = createEverTask({
          storage,
          tasks: [step, wait],
          logger: silentLogger,
        });
        await using one = await startWorker(schema);
        await using two = await startWorker(schema);
        const workers = [one, two];
        const first = await web.dispatchMany(step, steps);
        await eventually("work is under way", () => workers.every(({ runs }) => runs.length > 20));

        const startedAt = performance.now();
        await Promise.all(workers.map(({ network }) => network.refuse()));
        const before = workers.map(({ complaints }) => complaints.length);
        await delay(outageMs);
        for (const [n, { complaints }] of workers.entries()) {
          const awayMs = performance.now() - startedAt;
          assertLessOrEqual(complaints.length - before[n]!, 40 + awayMs / 100);
        }
        await Promise.all(workers.map(({ network }) => network.pass()));

        const second = await web.dispatchMany(step, steps);
        const ran = workers.map(({ runs }) => runs.length);
        await eventually(
          "work goes on",
          () => workers.every(({ runs }, n) => runs.length > ran[n]! + 20),
        );
        for (const { network } of workers) {
          network.swallow();
          await network.pass();
        }
        const ids = [...first, ...second].map(({ id }) => id);
        await untilCompleted(web, ids.length);
        const runs = workers.flatMap((worker) => worker.runs);
        assertEachCompletedOnce(ids, await storedHistories(storage), runs);
        assert(workers.every(({ complaints }) => complaints.length > 0));
      })
    ),
});
