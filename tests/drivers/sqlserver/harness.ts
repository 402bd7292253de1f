// The conformance harness of SQL Server: one schema, which is emptied for each case because
// creating it takes longer than a case, and one pool, whose requests fail on demand.

import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { SqlServerPool } from "../../../drivers/sqlserver/mssql_api.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { StorageHarness, StorageUnderTest } from "../../../src/testing/mod.ts";
import { emptySchema, passTime, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { intercepted } from "./intercepted_pool.ts";

/** The capabilities of the harness. It lacks "wakes", because SQL Server cannot notify. */
export const capabilities = [
  "setRunCount",
  "failAt",
  "transaction",
  "setClockBack",
  "damage",
] as const;

/** Returns a harness for an existing schema. Its cases must run one after the other. */
export function sqlServerHarness(pool: SqlServerPool, schema: string): StorageHarness {
  return {
    name: "sqlserver",
    capabilities,
    async create(): Promise<StorageUnderTest> {
      await emptySchema(pool, schema);
      const fault = new Fault();
      const opened: Storage[] = [];
      const open = async (connection: SqlServerPool) => {
        const storage = sqlServerStorage({ connection, schema });
        opened.push(storage);
        await storage.open();
        return storage;
      };
      return {
        storage: await open(faulty(pool, fault)),
        another: () => open(pool),
        passTime: (ms) => passTime(pool, schema, ms),
        setClockBack: (ms) => passTime(pool, schema, -ms),
        async setRunCount(taskId, runCount) {
          const request = pool.request();
          request.input("Id", taskId);
          request.input("Count", runCount);
          await request.query(
            `UPDATE [${schema}].[QueuedTasks] SET [CurrentRunCount] = @Count WHERE [Id] = @Id;`,
          );
        },
        async damage(taskId, damage) {
          if (damage === "instants") return; // every instant of the column type is valid
          const request = pool.request();
          request.input("Id", taskId);
          await request.query(
            `UPDATE [${schema}].[QueuedTasks] SET [Attempt] = 2147483647, [LeaseToken] = 2147483647, [LostCount] = 2147483647 WHERE [Id] = @Id;`,
          );
        },
        failAt: (n) => fault.arm(n),
        async transaction(work, end) {
          const transaction = pool.transaction();
          await transaction.begin();
          try {
            await work(transaction);
          } catch (error) {
            await transaction.rollback().catch(() => {});
            throw error;
          }
          await transaction[end]();
        },
        async dispose() {
          for (const storage of opened) await storage.close();
        },
      };
    },
  };
}

/** Runs `work` with a harness for a new schema. */
export async function withSqlServerHarness(
  work: (harness: StorageHarness) => Promise<void>,
): Promise<void> {
  await withPool((pool) =>
    withSchema(pool, async (schema) => {
      await sqlServerStorage({ connection: pool, schema }).open();
      await work(sqlServerHarness(pool, schema));
    })
  );
}

/** Counts down to the failure. Each request counts twice: before it is sent and once answered. */
class Fault {
  #left = 0;

  arm(n: number): void {
    this.#left = n;
  }

  strikes(): boolean {
    return this.#left > 0 && --this.#left === 0;
  }
}

/** Wraps the pool so that its requests fail on demand, as after a lost connection. */
function faulty(pool: SqlServerPool, fault: Fault): SqlServerPool {
  const lost = (when: string) =>
    Object.assign(new Error(`The connection was lost ${when}.`), { code: "ESOCKET" });
  return intercepted(pool, async (_text, send) => {
    if (fault.strikes()) throw lost("before the server received it");
    const answer = await send();
    if (fault.strikes()) throw lost("before the answer came");
    return answer;
  });
}
